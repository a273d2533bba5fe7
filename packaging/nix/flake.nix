# The tarball vpnrun-VERSION-linux-ARCH.tar.gz is a flake; the lock file pins its hash:
#
#   inputs.vpnrun.url = "https://…/vpnrun-VERSION-linux-x86_64.tar.gz";
#   modules = [ vpnrun.nixosModules.default { programs.vpnrun.enable = true; } ];
{
  description = "Run one program, or the whole system, behind a WireGuard VPN";
  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixos-unstable";

  outputs =
    { self, nixpkgs }:
    {
      packages.x86_64-linux.default = nixpkgs.legacyPackages.x86_64-linux.callPackage ./package.nix { };
      nixosModules.default = ./module.nix;
    };
}
