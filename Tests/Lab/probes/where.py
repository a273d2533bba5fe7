"""What goes where while a VPN is up: random cases, and a model of few lines.

make SEED   prints `allowed LIST`, `direct LIST`, `route NETWORK`… and `probe ADDRESS=LINK`…
judge SEED  reads `ADDRESS=EXPECTED LINK` and says which differ
"""
import ipaddress
import random
import sys


def network(source, longest=28):
    length = source.randint(8, longest)
    first = int(ipaddress.ip_address(source.choice(['20.0.0.0', '20.64.0.0', '45.128.0.0'])))
    return ipaddress.ip_network((first | source.getrandbits(22) << 2, length), strict=False)


def case(seed):
    source = random.Random(seed)
    allowed = {network(source) for _ in range(source.randint(3, 30))}
    routes = {network(source) for _ in range(source.randint(1, 12))} | set(source.sample(sorted(allowed), 1))
    direct = {network(source, 20) for _ in range(source.randint(0, 4))} - allowed
    return allowed, direct, routes, seed % 2 == 0, source


def where(address, allowed, direct, routes, is_whole):
    """The VPN's networks without those in a direct one; of the longest, the VPN's comes before the host's own."""
    def longest(networks):
        return max((n.prefixlen for n in networks if address in n), default=-1)
    listed = longest(n for n in allowed if not any(n.subnet_of(d) for d in direct))
    outside, own = longest(direct), longest(routes)
    host = 'l0' if own >= 0 else 'u0'
    if listed > outside and listed >= own:
        return 'home'
    if own >= 0 or outside >= 0 or not is_whole:
        return host
    return 'home'


def main():
    verb, seed = sys.argv[1], int(sys.argv[2])
    if verb == 'judge':
        wrong = [line for line in sys.stdin if line.split()[0].split('=')[1] != line.split()[1]]
        print(*wrong, sep='', end='')
        sys.exit(bool(wrong))
    allowed, direct, routes, is_whole, source = case(seed)
    print('allowed', ','.join(map(str, sorted(allowed))) + (',0.0.0.0/0,::/0' if is_whole else ''))
    print('direct', ','.join(map(str, sorted(direct))))
    for route in sorted(routes):
        print('route', route)
    probes = {ipaddress.ip_address('8.8.8.8')}
    for net in sorted(allowed | direct | routes):
        first, last = int(net.network_address), int(net.broadcast_address)
        probes |= {ipaddress.ip_address(n) for n in (first, last, first - 1, last + 1, source.randint(first, last))}
    for address in sorted(probes):
        print(f'probe {address}={where(address, allowed, direct, routes, is_whole)}')


main()
