#!/usr/bin/perl
# Reads what `strace -f -e trace=socket,sendto -e write=all` has written, and writes what of it changes the host's network: see changes.c.
use strict;
use warnings;

my (%family, $fd, $bytes);
sub datagram {
    return unless defined $fd && defined $family{$fd} && length $bytes >= 16;
    my $type = unpack 'x4 S', $bytes;
    # Of rtnetlink's types the first two of each four change something; a transaction of nftables begins with NLMSG_MIN_TYPE.
    my $changes = $family{$fd} == 0 ? $type >= 16 && $type % 4 < 2 : $type == 16;
    # Alignment: the next header begins with a number.
    print pack('L2', $family{$fd}, length $bytes), $bytes if $changes;
}
while (<>) {
    if (/socket\(AF_NETLINK, \S+, NETLINK_(ROUTE|NETFILTER)\) = (\d+)/) { $family{$2} = $1 eq 'ROUTE' ? 0 : 12 }
    elsif (/sendto\((\d+),/) { datagram(); ($fd, $bytes) = ($1, '') }
    elsif (/^ \| [0-9a-f]{5,}  ((?:[0-9a-f]{2} +)+)/) { (my $hex = $1) =~ s/ +//g; $bytes .= pack 'H*', $hex }
}
datagram();
