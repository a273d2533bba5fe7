// The command's own nftables table, as launch.c adds it: its own addresses only, and port 53 to the VPN's servers.
#include <arpa/inet.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_nat.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>

struct server { int family; unsigned char address[16]; };

static struct message filter_batch;

static struct nlmsghdr *nft(int message, int flags) {
  struct nfgenmsg header = {.nfgen_family = NFPROTO_INET, .version = NFNETLINK_V0};
  return begin(&filter_batch, NFNL_SUBSYS_NFTABLES << 8 | message, flags, &header, sizeof header);
}

static void nft_edge(int message) {
  struct nfgenmsg header = {.version = NFNETLINK_V0, .res_id = htons(NFNL_SUBSYS_NFTABLES)};
  end(&filter_batch, begin(&filter_batch, message, 0, &header, sizeof header));
}

static void big(int type, uint32_t value) { number(&filter_batch, type, htonl(value)); }

static void chain(const char *name, const char *kind, int hook, int priority) {
  struct nlmsghdr *request = nft(NFT_MSG_NEWCHAIN, NLM_F_CREATE);
  text(&filter_batch, NFTA_CHAIN_TABLE, "vpn");
  text(&filter_batch, NFTA_CHAIN_NAME, name);
  if (hook >= 0) {
    text(&filter_batch, NFTA_CHAIN_TYPE, kind);
    big(NFTA_CHAIN_POLICY, NF_ACCEPT);
    struct nlattr *where = nest(&filter_batch, NFTA_CHAIN_HOOK);
    big(NFTA_HOOK_HOOKNUM, hook);
    big(NFTA_HOOK_PRIORITY, priority);
    unnest(&filter_batch, where);
  }
  end(&filter_batch, request);
}

// An expression is {name, {attributes}} in the rule's list.
static struct nlattr *element, *data;

static void expression(const char *name) {
  element = nest(&filter_batch, NFTA_LIST_ELEM);
  text(&filter_batch, NFTA_EXPR_NAME, name);
  data = nest(&filter_batch, NFTA_EXPR_DATA);
}

static void done(void) {
  unnest(&filter_batch, data);
  unnest(&filter_batch, element);
}

static void bytes(int type, const void *value, size_t size) {
  struct nlattr *nested = nest(&filter_batch, type);
  attribute(&filter_batch, NFTA_DATA_VALUE, value, size);
  unnest(&filter_batch, nested);
}

static void compare(const void *value, size_t size) {
  expression("cmp");
  big(NFTA_CMP_SREG, NFT_REG_1);
  big(NFTA_CMP_OP, NFT_CMP_EQ);
  bytes(NFTA_CMP_DATA, value, size);
  done();
}

static void meta(int key, const void *value, size_t size) {
  expression("meta");
  big(NFTA_META_DREG, NFT_REG_1);
  big(NFTA_META_KEY, key);
  done();
  compare(value, size);
}

static void payload(int base, int offset, const void *value, size_t size) {
  expression("payload");
  big(NFTA_PAYLOAD_DREG, NFT_REG_1);
  big(NFTA_PAYLOAD_BASE, base);
  big(NFTA_PAYLOAD_OFFSET, offset);
  big(NFTA_PAYLOAD_LEN, size);
  done();
  compare(value, size);
}

static void verdict(int code, const char *target) {
  expression("immediate");
  big(NFTA_IMMEDIATE_DREG, NFT_REG_VERDICT);
  struct nlattr *value = nest(&filter_batch, NFTA_IMMEDIATE_DATA), *verdict = nest(&filter_batch, NFTA_DATA_VERDICT);
  big(NFTA_VERDICT_CODE, code);
  if (target) text(&filter_batch, NFTA_VERDICT_CHAIN, target);
  unnest(&filter_batch, verdict);
  unnest(&filter_batch, value);
  done();
}

static struct nlmsghdr *rule_request;
static struct nlattr *rule_list;

static void rule(const char *chain) {
  rule_request = nft(NFT_MSG_NEWRULE, NLM_F_CREATE | NLM_F_APPEND);
  text(&filter_batch, NFTA_RULE_TABLE, "vpn");
  text(&filter_batch, NFTA_RULE_CHAIN, chain);
  rule_list = nest(&filter_batch, NFTA_RULE_EXPRESSIONS);
}

static void end_rule(void) {
  unnest(&filter_batch, rule_list);
  end(&filter_batch, rule_request);
}

static void family_is(int family) { meta(NFT_META_NFPROTO, &(unsigned char){family}, 1); }
static size_t width_of(int family) { return family == AF_INET ? 4 : 16; }

static void out_of_eth0(void) { meta(NFT_META_OIFNAME, (char[16]){"eth0"}, 16); }

static void from_loopback(int six) {
  unsigned char loopback[16] = {[15] = 1};
  out_of_eth0();
  family_is(six ? AF_INET6 : AF_INET);
  if (six) payload(NFT_PAYLOAD_NETWORK_HEADER, 8, loopback, 16);
  else payload(NFT_PAYLOAD_NETWORK_HEADER, 12, (unsigned char[]){127}, 1);
}

static void add_table(int socket, const struct server *own, int own_count, const struct server *servers, int count) {
  nft_edge(NFNL_MSG_BATCH_BEGIN);
  struct nlmsghdr *table = nft(NFT_MSG_NEWTABLE, NLM_F_CREATE | NLM_F_EXCL);
  text(&filter_batch, NFTA_TABLE_NAME, "vpn");
  end(&filter_batch, table);
  chain("source", "filter", NF_INET_LOCAL_OUT, 0);
  chain("to-servers", NULL, -1, 0);
  chain("dns", "nat", NF_INET_LOCAL_OUT, -100);
  chain("postrouting", "nat", NF_INET_POST_ROUTING, 100);

  for (int i = 0; i < own_count + 2; i++) {  // nobody sends from another's address
    rule("source");
    if (i < own_count) {
      out_of_eth0();
      family_is(own[i].family);
      payload(NFT_PAYLOAD_NETWORK_HEADER, own[i].family == AF_INET ? 12 : 8, own[i].address, width_of(own[i].family));
    } else {
      from_loopback(i - own_count);
    }
    verdict(NF_ACCEPT, NULL);
    end_rule();
  }
  rule("source");
  out_of_eth0();
  verdict(NF_DROP, NULL);
  end_rule();

  for (int i = 0; i < count; i++) {  // the VPN's own servers are asked as they are
    rule("to-servers");
    family_is(servers[i].family);
    payload(NFT_PAYLOAD_NETWORK_HEADER, servers[i].family == AF_INET ? 16 : 24, servers[i].address, width_of(servers[i].family));
    verdict(NFT_RETURN, NULL);
    end_rule();
  }
  for (int f = 0; f < 2; f++) {  // any other becomes the first of its family
    int family = f ? AF_INET6 : AF_INET, i = 0;
    while (i < count && servers[i].family != family) i++;
    if (i == count) continue;
    rule("to-servers");
    family_is(family);
    expression("immediate");
    big(NFTA_IMMEDIATE_DREG, NFT_REG_1);
    bytes(NFTA_IMMEDIATE_DATA, servers[i].address, width_of(family));
    done();
    expression("nat");
    big(NFTA_NAT_TYPE, NFT_NAT_DNAT);
    big(NFTA_NAT_FAMILY, family);
    big(NFTA_NAT_REG_ADDR_MIN, NFT_REG_1);
    done();
    end_rule();
  }
  for (int t = 0; t < 2; t++) {
    rule("dns");
    meta(NFT_META_L4PROTO, &(unsigned char){t ? IPPROTO_TCP : IPPROTO_UDP}, 1);
    payload(NFT_PAYLOAD_TRANSPORT_HEADER, 2, (unsigned char[]){0, 53}, 2);
    verdict(NFT_JUMP, "to-servers");
    end_rule();
  }
  for (int f = 0; f < 2; f++) {  // so that an answer comes back to a question asked of loopback
    rule("postrouting");
    from_loopback(f);
    expression("masq");
    done();
    if (f) rule_request->nlmsg_flags |= NLM_F_ACK;  // the last one's acknowledgement is for all
    end_rule();
  }
  nft_edge(NFNL_MSG_BATCH_END);
  perform(socket, &filter_batch, "add the table");
}
