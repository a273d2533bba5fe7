// What a relay needs of sockets, and Swift cannot call or would have to call with pointers into unions.

#include "CLinux.h"

#include <errno.h>
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

int clinux_connect_by(const char *link, int is_stream, const uint8_t *address, size_t length, uint16_t port) {
    struct sockaddr_storage place;
    socklen_t size = fill(&place, address, length, port);
    int fd = socket(place.ss_family, (is_stream ? SOCK_STREAM : SOCK_DGRAM) | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) return -1;
    if (setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, link, (socklen_t)strlen(link))) return fail(fd);
    if (connect(fd, (struct sockaddr *)&place, size) && errno != EINPROGRESS) return fail(fd);
    return fd;
}

int clinux_accept(int fd) { return accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK); }

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

void clinux_close_between(unsigned first, unsigned last) { syscall(SYS_close_range, first, last, 0); }
