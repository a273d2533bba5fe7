# Evaluates NixOS's module with stubs for the options of NixOS that it sets.
#   --argstr nixpkgs FOLDER   where lib/ of nixpkgs is        --argstr module FILE
#   -A exported --argstr vpn FILE --argstr name NAME          the profile that comes of what `vpn export` has written
{
  nixpkgs,
  module,
  vpn ? "",
  name ? "",
}:
let
  lib = import "${nixpkgs}/lib";
  anything = lib.mkOption {
    type = lib.types.unspecified;
    default = { };
  };
  many = lib.mkOption {
    type = lib.types.listOf lib.types.unspecified;
    default = [ ];
  };
  stubs = {
    options = {
      assertions = many;
      users.groups.vpn.members = many;
      environment.etc = lib.mkOption { type = lib.types.attrsOf lib.types.unspecified; };
      environment.systemPackages = many;
      systemd.tmpfiles.rules = many;
      systemd.mounts = many;
      systemd.services = lib.mkOption { type = lib.types.attrsOf lib.types.unspecified; };
      systemd.network = anything;
      networking.networkmanager.unmanaged = many;
      networking.networkmanager.dispatcherScripts = many;
      networking.dhcpcd.denyInterfaces = many;
    };
  };
  home = {
    id = 1;
    endpoint = "vpn.example.com:55280";
    publicKey = "xTIBA5rboUvnH4htodjb6e697QjLERt1NAB4mZqp8Dg=";
    addrV4 = "172.27.12.34";
    dns = [ "172.27.12.1" ];
    privateKeyFile = "/run/secrets/wg-home.priv";
  };
  campus = {
    id = 3;
    settings = {
      Link = "eth1";
      Gateway = "10.10.10.1";
      Relay = "10.42.42.0/24";
    };
  };
  system = more: systemWith [ ] ({ inherit home; } // more);
  systemWith = modules: vpns: (lib.evalModules {
    modules = modules ++ [
      stubs
      (/. + module)
      {
        programs.vpnrun = {
          enable = true;
          package = { type = "derivation"; name = "vpnrun"; outPath = "/nix/store/vpnrun"; };
          users = [ "alice" ];
          inherit vpns;
        };
      }
    ];
    specialArgs.pkgs = {
      coreutils = "/nix/store/coreutils";
      libcap = "/nix/store/libcap";
      iproute2 = "/nix/store/iproute2";
      runCommand = name: _: text: name;
    };
  }).config;
  wrong = more: map (a: a.message) (lib.filter (a: !a.assertion) (system more).assertions);
in
{
  profile = (system { }).environment.etc."vpnrun/home.conf".text;
  exported = if vpn == "" then null else (systemWith [ (/. + vpn) ] { }).environment.etc."vpnrun/${name}.conf".text;
  mode = (system { }).environment.etc."vpnrun/home.conf".mode;
  members = (system { }).users.groups.vpn.members;
  copy = (system { }).systemd.services.vpnrun-programs.script;
  unmanaged = (system { }).networking.networkmanager.unmanaged;
  default = (system { work = home // { id = 2; }; }).programs.vpnrun.vpns;
  none = wrong { };
  sameID = wrong { work = home; };
  bridge = wrong { home = home // { bridgeDevice = "br0"; }; };
  priorities = wrong { home = home // { priorityMain = 101; priorityWgTable = 201; priorityFwMark = 301; }; };
  key = wrong { home = home // { privateKeyFile = "/nix/store/key"; }; };
  address = wrong { home = home // { addrV4 = null; }; };
  keys = wrong { home = removeAttrs home [ "privateKeyFile" "publicKey" ]; };
  link = wrong { inherit campus; };
  linkProfile = (system { inherit campus; }).environment.etc."vpnrun/campus.conf".text;
  withoutBox = wrong { home = home // { addrV4 = null; settings.Box = "no"; }; };
}
