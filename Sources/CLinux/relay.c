// What a relay needs of sockets, and Swift cannot call or would have to call with pointers into unions.

// Before the kernel's own, as libc-compat.h wants it.
#include <net/if.h>

#include "CLinux.h"

#include <errno.h>
#include <ifaddrs.h>
#include <linux/rtnetlink.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

static socklen_t fill(struct sockaddr_storage *place, const uint8_t *address, size_t length, uint16_t port) {
    memset(place, 0, sizeof *place);
    if (length == 4) {
        struct sockaddr_in *v4 = (struct sockaddr_in *)place;
        v4->sin_family = AF_INET;
        v4->sin_port = htons(port);
        memcpy(&v4->sin_addr, address, 4);
        return sizeof *v4;
    }
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)place;
    v6->sin6_family = AF_INET6;
    v6->sin6_port = htons(port);
    memcpy(&v6->sin6_addr, address, 16);
    return sizeof *v6;
}

static int fail(int fd) {
    int code = errno;
    close(fd);
    errno = code;
    return -1;
}

int clinux_listen(int is_stream, const uint8_t *address, size_t length, uint16_t port) {
    struct sockaddr_storage place;
    socklen_t size = fill(&place, address, length, port);
    int one = 1;
    int fd = socket(place.ss_family, (is_stream ? SOCK_STREAM : SOCK_DGRAM) | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) return -1;
    if (is_stream && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one)) return fail(fd);
    if (length == 16 && setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof one)) return fail(fd);
    if (bind(fd, (struct sockaddr *)&place, size)) return fail(fd);
    if (is_stream && listen(fd, 4096)) return fail(fd);
    return fd;
}

int clinux_connect_by(const char *link, int stays_on_link, int is_stream, const uint8_t *address, size_t length, uint16_t port) {
    struct sockaddr_storage place;
    socklen_t size = fill(&place, address, length, port);
    int fd = socket(place.ss_family, (is_stream ? SOCK_STREAM : SOCK_DGRAM) | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) return -1;
    int one = 1;
    if (*link && setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, link, (socklen_t)strlen(link))) return fail(fd);
    if (stays_on_link) {
        // IPv6 does not know the first, nor asks whether the sender's address is still this machine's: a router drops what it gets.
        int level = length == 4 ? IPPROTO_IP : IPPROTO_IPV6;
        if (setsockopt(fd, SOL_SOCKET, SO_DONTROUTE, &one, sizeof one)) return fail(fd);
        if (setsockopt(fd, level, length == 4 ? IP_TTL : IPV6_UNICAST_HOPS, &one, sizeof one)) return fail(fd);
    }
    if (connect(fd, (struct sockaddr *)&place, size) && errno != EINPROGRESS) return fail(fd);
    return fd;
}

int clinux_accept(int fd) { return accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK); }

int clinux_original_destination(int fd, uint8_t *address, uint16_t *port) {
    struct sockaddr_storage place;
    socklen_t size = sizeof place;
    memset(&place, 0, sizeof place);
    if (getsockname(fd, (struct sockaddr *)&place, &size)) return -1;
    int is_v4 = place.ss_family == AF_INET;
    size = is_v4 ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6);
    // SO_ORIGINAL_DST and IP6T_SO_ORIGINAL_DST of linux/netfilter_ipv4.h and _ipv6/ip6_tables.h.
    if (getsockopt(fd, is_v4 ? IPPROTO_IP : IPPROTO_IPV6, 80, &place, &size)) return -1;
    if (is_v4) {
        struct sockaddr_in *v4 = (struct sockaddr_in *)&place;
        memcpy(address, &v4->sin_addr, 4);
        *port = ntohs(v4->sin_port);
        return 4;
    }
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&place;
    memcpy(address, &v6->sin6_addr, 16);
    *port = ntohs(v6->sin6_port);
    return 16;
}

int clinux_own_port(int fd) {
    struct sockaddr_in6 place; // The port of IPv4 stands in the same bytes.
    socklen_t size = sizeof place;
    memset(&place, 0, sizeof place);
    getsockname(fd, (struct sockaddr *)&place, &size);
    return ntohs(place.sin6_port);
}

int clinux_link_networks(uint8_t *entries, int most) {
    struct ifaddrs *all;
    int count = 0;
    if (getifaddrs(&all)) return -1;
    for (struct ifaddrs *one = all; one && count < most; one = one->ifa_next) {
        if (!one->ifa_addr || !one->ifa_netmask || !(one->ifa_flags & IFF_UP)) continue;
        if (one->ifa_flags & (IFF_LOOPBACK | IFF_POINTOPOINT)) continue;
        int is_v4 = one->ifa_addr->sa_family == AF_INET;
        if (!is_v4 && one->ifa_addr->sa_family != AF_INET6) continue;
        const void *address = is_v4 ? (void *)&((struct sockaddr_in *)one->ifa_addr)->sin_addr
                                    : (void *)&((struct sockaddr_in6 *)one->ifa_addr)->sin6_addr;
        const uint8_t *mask = is_v4 ? (uint8_t *)&((struct sockaddr_in *)one->ifa_netmask)->sin_addr
                                    : (uint8_t *)&((struct sockaddr_in6 *)one->ifa_netmask)->sin6_addr;
        int size = is_v4 ? 4 : 16, length = 0;
        for (int i = 0; i < size; i++) length += __builtin_popcount(mask[i]);
        if (length == size * 8) continue;
        uint8_t *entry = entries + CLINUX_LINK_NETWORK * count++;
        memset(entry, 0, CLINUX_LINK_NETWORK);
        entry[0] = (uint8_t)size;
        entry[1] = (uint8_t)length;
        entry[2] = (one->ifa_flags & IFF_RUNNING) != 0;
        memcpy(entry + 3, address, (size_t)size);
        strncpy((char *)entry + 19, one->ifa_name, 15);
    }
    freeifaddrs(all);
    return count;
}

int clinux_bind_name(const char *name) {
    struct sockaddr_un place = {.sun_family = AF_UNIX};
    size_t length = strlen(name);
    if (length > sizeof place.sun_path - 1) length = sizeof place.sun_path - 1;
    memcpy(place.sun_path + 1, name, length);
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0) return -1;
    if (bind(fd, (struct sockaddr *)&place, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + length))) return fail(fd);
    return fd;
}

int clinux_message_pair(int *ends) { return socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends); }

union descriptors {
    struct cmsghdr header;
    char space[CMSG_SPACE(CLINUX_DESCRIPTORS * sizeof(int))];
};

int clinux_send_descriptors(int fd, const void *bytes, size_t count, const int *sent, int number) {
    union descriptors control;
    struct iovec part = {.iov_base = (void *)bytes, .iov_len = count};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    memset(&control, 0, sizeof control);
    if (number > 0 && number <= CLINUX_DESCRIPTORS) {
        message.msg_control = &control;
        message.msg_controllen = CMSG_SPACE((size_t)number * sizeof(int));
        control.header.cmsg_level = SOL_SOCKET;
        control.header.cmsg_type = SCM_RIGHTS;
        control.header.cmsg_len = CMSG_LEN((size_t)number * sizeof(int));
        memcpy(CMSG_DATA(&control.header), sent, (size_t)number * sizeof(int));
    }
    // Without waiting: vpn-link has a lock.
    return sendmsg(fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT) < 0 ? -1 : 0;
}

ssize_t clinux_receive_descriptors(int fd, void *bytes, size_t count, int *got) {
    union descriptors control;
    struct iovec part = {.iov_base = bytes, .iov_len = count};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
    for (int i = 0; i < CLINUX_DESCRIPTORS; i++) got[i] = -1;
    ssize_t size = recvmsg(fd, &message, MSG_CMSG_CLOEXEC);
    if (size <= 0) return size;
    struct cmsghdr *first = CMSG_FIRSTHDR(&message);
    if (first && first->cmsg_level == SOL_SOCKET && first->cmsg_type == SCM_RIGHTS)
        memcpy(got, CMSG_DATA(first), first->cmsg_len - CMSG_LEN(0));
    return size;
}

int clinux_socket_error(int fd) {
    int code = 0;
    socklen_t size = sizeof code;
    return getsockopt(fd, SOL_SOCKET, SO_ERROR, &code, &size) ? errno : code;
}

void clinux_close_with_reset(int fd) {
    struct linger now = {.l_onoff = 1, .l_linger = 0};
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    close(fd);
}

int clinux_epoll(void) { return epoll_create1(EPOLL_CLOEXEC); }

void clinux_watch(int epoll, int fd, uint32_t events) {
    struct epoll_event event = {.events = events, .data.fd = fd};
    if (!events) {
        epoll_ctl(epoll, EPOLL_CTL_DEL, fd, &event);
    } else if (epoll_ctl(epoll, EPOLL_CTL_MOD, fd, &event)) {
        epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
    }
}

int clinux_epoll_wait(int epoll, uint64_t *found, int count, int milliseconds) {
    struct epoll_event events[64];
    int number = epoll_wait(epoll, events, count < 64 ? count : 64, milliseconds);
    for (int i = 0; i < number; i++) found[i] = (uint64_t)events[i].events << 32 | (uint32_t)events[i].data.fd;
    return number;
}

int clinux_pidfd(int pid) { return (int)syscall(SYS_pidfd_open, pid, 0); }

ssize_t clinux_receive_from(int fd, void *bytes, size_t count, void *sender) {
    struct sockaddr_storage place;
    socklen_t size = sizeof place;
    memset(&place, 0, sizeof place);
    ssize_t got = recvfrom(fd, bytes, count, 0, (struct sockaddr *)&place, &size);
    memcpy(sender, &place, CLINUX_SENDER);
    return got;
}

ssize_t clinux_send_to(int fd, const void *bytes, size_t count, const void *receiver) {
    struct sockaddr_storage place;
    memset(&place, 0, sizeof place);
    memcpy(&place, receiver, CLINUX_SENDER);
    return sendto(fd, bytes, count, 0, (struct sockaddr *)&place,
                  place.ss_family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6));
}

void clinux_raise_open_files(void) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit)) return;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

int clinux_link_events(void) {
    struct sockaddr_nl place = {.nl_family = AF_NETLINK, .nl_groups = RTMGRP_LINK};
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);
    if (fd < 0) return -1;
    if (bind(fd, (struct sockaddr *)&place, sizeof place)) return fail(fd);
    return fd;
}

void clinux_ask_link(int fd, int index) {
    struct {
        struct nlmsghdr header;
        struct ifinfomsg link;
    } ask = {
        .header = {.nlmsg_len = sizeof ask, .nlmsg_type = RTM_GETLINK, .nlmsg_flags = NLM_F_REQUEST},
        .link = {.ifi_index = index},
    };
    send(fd, &ask, sizeof ask, 0);
}

int clinux_link_event(int fd, int index, uint8_t *alias, size_t size) {
    _Alignas(struct nlmsghdr) char buffer[1 << 15];
    int found = -1;
    for (;;) {
        ssize_t got = recv(fd, buffer, sizeof buffer, 0);
        if (got < 0 && errno == EINTR) continue;
        // Some were lost: the link is asked for again.
        if (got < 0 && errno == ENOBUFS) {
            clinux_ask_link(fd, index);
            continue;
        }
        if (got <= 0) return found;
        struct nlmsghdr *header = (struct nlmsghdr *)buffer;
        for (; NLMSG_OK(header, got); header = NLMSG_NEXT(header, got)) {
            // The answer to our question alone has this: there is no such link.
            if (header->nlmsg_type == NLMSG_ERROR) return -2;
            struct ifinfomsg *link = NLMSG_DATA(header);
            // Bridges tell of their ports by the same messages, with a family.
            int is_link = header->nlmsg_type == RTM_NEWLINK || header->nlmsg_type == RTM_DELLINK;
            if (!is_link || link->ifi_family != AF_UNSPEC || link->ifi_index != index) continue;
            if (header->nlmsg_type == RTM_DELLINK) return -2;
            found = 0;
            int rest = (int)IFLA_PAYLOAD(header);
            for (struct rtattr *one = IFLA_RTA(link); RTA_OK(one, rest); one = RTA_NEXT(one, rest)) {
                if (one->rta_type != IFLA_IFALIAS) continue;
                size_t length = strnlen(RTA_DATA(one), RTA_PAYLOAD(one));
                if (length > size) length = size;
                memcpy(alias, RTA_DATA(one), length);
                found = (int)length;
            }
        }
    }
}
