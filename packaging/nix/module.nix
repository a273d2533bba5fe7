# NixOS: the programs with their capabilities, profiles, units, and what tells networkd and NetworkManager to leave the VPNs' links alone.
#
# No security.wrappers: a wrapper hands its capabilities over as ambient ones, and then the kernel tells the loader nothing (AT_SECURE is 0):
# it obeys LD_PRELOAD before the first line of vpn-link. SECURITY.md says more. As everywhere the capabilities are those of the file. /nix/store
# can have none, so the programs are copied into a file system of their own, which is root's, when the system starts and when it changes.
{
  config,
  lib,
  pkgs,
  ...
}:
let
  cfg = config.programs.vpnrun;
  place = "/run/vpnrun-programs";
  current = "${place}/current";
  capabilities = import ./capabilities.nix;

  # Options of modules that made VPNs by systemd-networkd and iptables: what has a successor here says so.
  gone =
    successor:
    lib.mkOption {
      type = lib.types.nullOr lib.types.unspecified;
      default = null;
      visible = false;
      description = "Not an option any more: ${successor}";
    };
  address =
    family: example:
    lib.mkOption {
      type = lib.types.nullOr lib.types.str;
      default = null;
      inherit example;
      description = "This end's ${family} address.";
    };
  successors = {
    priorityMain = "`priority` is the base of all rules' priorities: the first of those while the VPN is up is priority + 198 + 3 * id";
    priorityWgTable = "`priority` is the base of all rules' priorities: that of the VPN's address is priority + 100 + id";
    priorityFwMark = "`priority` is the base of all rules' priorities: that of the mark is priority - 10";
  };

  more =
    section: example:
    lib.mkOption {
      type = lib.types.attrsOf lib.types.str;
      default = { };
      inherit example;
      description = "More keys of the section [${section}]: vpnrun.conf(5).";
    };
  # What an end has that is reached.
  peerOptions = {
    endpoint = lib.mkOption {
      type = lib.types.nullOr lib.types.str;
      default = null;
      example = "vpn.example.com:55280";
      description = "HOST:PORT of the other end. Without one it must speak first.";
    };
    publicKey = lib.mkOption {
      type = lib.types.nullOr lib.types.str;
      default = null;
      description = "The other end's public key. Needed, unless settings.Link is the way out.";
    };
    presharedKeyFile = lib.mkOption {
      type = lib.types.nullOr lib.types.str;
      default = null;
      description = "The file with the preshared key.";
    };
    allowedIPs = lib.mkOption {
      type = lib.types.listOf lib.types.str;
      default = [
        "0.0.0.0/0"
        "::/0"
      ];
      description = "What is reached through the other end.";
    };
    peer = more "Peer" { PersistentKeepalive = "25"; };
  };

  vpn = lib.types.submodule (
    { name, config, ... }:
    {
      options = {
        name = lib.mkOption {
          type = lib.types.strMatching "[A-Za-z0-9_][A-Za-z0-9_-]{0,11}";
          default = name;
          readOnly = true;
          description = "The VPN's name, and its link's: that of the attribute.";
        };
        id = lib.mkOption {
          type = lib.types.ints.between 1 99;
          description = "Gives tables, rules, marks and subnets their numbers. The lowest is the VPN that is used where none is named.";
        };
        isDefault = lib.mkOption {
          type = lib.types.bool;
          readOnly = true;
          default = lib.all (other: config.id <= other.id) (lib.attrValues cfg.vpns);
          defaultText = lib.literalMD "whether no other VPN has a lower id";
          description = "Whether this VPN is used where none is named.";
        };
        peers = lib.mkOption {
          type = lib.types.listOf (lib.types.submodule { options = peerOptions; });
          default = [ ];
          description = "More ends, each with the options that the first one has here.";
        };
        privateKeyFile = lib.mkOption {
          type = lib.types.nullOr lib.types.str;
          default = null;
          example = "/run/secrets/wg-home.priv";
          description = "The file with this end's private key: root's, mode 0400 or 0600, and not in /nix/store. Needed, unless settings.Link is the way out.";
        };
        addrV4 = address "IPv4" "172.27.12.34";
        addrV6 = address "IPv6" "fd27:12::34";
        dns = lib.mkOption {
          type = lib.types.listOf lib.types.str;
          default = [ ];
          description = "DNS servers, which are asked through the VPN, and search domains.";
        };
        fwmark = lib.mkOption {
          type = lib.types.int;
          default = config.id + 10000;
          defaultText = lib.literalExpression "id + 10000";
          description = "The mark of the encrypted packets.";
        };
        priority = lib.mkOption {
          type = lib.types.ints.between 13 32000;
          default = 100;
          description = "The base of the rules' priorities, one for all VPNs: vpnrun.conf(5).";
        };
        bridgeDevice = lib.mkOption {
          type = lib.types.str;
          default = "br-${name}";
          description = "Always br-NAME, in the VPN's own network namespace. A program is put behind it with `vpnrun NAME -- COMMAND`.";
        };
        autostart = lib.mkOption {
          type = lib.types.enum [
            "no"
            "link"
            "up"
          ];
          default = "no";
          description = "What happens when the system starts.";
        };
        interface = more "Interface" { MTU = "1380"; };
        settings = more "VPN" { Direct = "100.64.0.0/10"; };
      }
      // peerOptions
      // lib.mapAttrs (_: gone) successors;
    }
  );

  line = key: value: lib.optional (value != null && value != [ ] && value != "") "${key} = ${lib.concatStringsSep ", " (lib.toList value)}";
  peer =
    p:
    [ "[Peer]" ]
    ++ line "PublicKey" p.publicKey
    ++ line "PresharedKeyFile" p.presharedKeyFile
    ++ line "AllowedIPs" p.allowedIPs
    ++ line "Endpoint" p.endpoint
    ++ lib.concatLists (lib.mapAttrsToList line p.peer);
  # Its way out is another link of the machine, and no tunnel.
  isByLink = v: v.settings ? Link;
  profile =
    v:
    lib.concatStringsSep "\n" (
      [ "[VPN]" ]
      ++ line "ID" (toString v.id)
      ++ line "Priority" (toString v.priority)
      ++ line "Autostart" v.autostart
      ++ lib.concatLists (lib.mapAttrsToList line v.settings)
      ++ [ "[Interface]" ]
      ++ line "PrivateKeyFile" v.privateKeyFile
      ++ line "Address" (lib.optional (v.addrV4 != null) v.addrV4 ++ lib.optional (v.addrV6 != null) v.addrV6)
      ++ line "DNS" v.dns
      ++ lib.optionals (!isByLink v) (line "FwMark" (toString v.fwmark))
      ++ lib.concatLists (lib.mapAttrsToList line v.interface)
      ++ lib.optionals (!isByLink v) (lib.concatMap peer ([ v ] ++ v.peers))
      ++ [ "" ]
    );

  # A whole prefix, put in place at once: vpn finds its helpers beside itself.
  copy = ''
    new=$(mktemp --directory --tmpdir=${place} programs.XXXXXXXXXX)
    chmod 755 "$new"
    cp --recursive --no-preserve=ownership ${cfg.package}/. "$new"
    chmod --recursive u+w "$new"
    chmod 710 ${lib.concatMapStringsSep " " (p: "\"$new/${p}\"") (lib.attrNames capabilities)}
    chgrp vpn ${lib.concatMapStringsSep " " (p: "\"$new/${p}\"") (lib.attrNames capabilities)}
    ${lib.concatStringsSep "\n" (lib.mapAttrsToList (p: c: "setcap '${c}' \"$new/${p}\"") capabilities)}
    old=$(readlink ${current} || true)
    ln --symbolic --force --no-dereference "$new" ${current}.new
    mv --no-target-directory ${current}.new ${current}
    [ -z "$old" ] || rm --recursive --force "$old"
  '';

  ours = "06:76:70:ff:00:00"; # the address of all hosts' ends of VPNs, which is on no wire
in
{
  options.programs.vpnrun = {
    enable = lib.mkEnableOption "vpnrun, which runs programs behind WireGuard VPNs";
    package = lib.mkOption {
      type = lib.types.package;
      default = pkgs.callPackage ./package.nix { };
      defaultText = lib.literalExpression "pkgs.callPackage ./package.nix { }";
      description = "The package.";
    };
    users = lib.mkOption {
      type = lib.types.listOf lib.types.str;
      default = [ ];
      example = [ "alice" ];
      description = "Who may use VPNs: the members of the group vpn.";
    };
    vpns = lib.mkOption {
      type = lib.types.attrsOf vpn;
      default = { };
      description = "The VPNs, each a profile of /etc/vpnrun.";
    };
  };

  config = lib.mkIf cfg.enable {
    assertions =
      lib.concatLists (
        lib.mapAttrsToList (
          name: v:
          [
            {
              assertion = lib.count (other: other.id == v.id) (lib.attrValues cfg.vpns) == 1;
              message = "programs.vpnrun.vpns.${name}: another VPN has the id ${toString v.id}, too";
            }
            {
              assertion = v.addrV4 != null || v.addrV6 != null || lib.toLower (v.settings.Box or "") == "no" || isByLink v;
              message = "programs.vpnrun.vpns.${name}: addrV4 or addrV6 is needed, unless settings.Box is no";
            }
            {
              assertion = isByLink v || (v.privateKeyFile != null && lib.all (p: p.publicKey != null) ([ v ] ++ v.peers));
              message = "programs.vpnrun.vpns.${name}: privateKeyFile and publicKey are needed, unless settings.Link is the way out";
            }
            {
              assertion = v.bridgeDevice == "br-${name}";
              message = "programs.vpnrun.vpns.${name}.bridgeDevice: the bridge is br-${name}, in the VPN's own network namespace; use `vpnrun ${name} -- COMMAND`";
            }
            {
              assertion = v.privateKeyFile == null || !lib.hasPrefix "/nix/store" v.privateKeyFile;
              message = "programs.vpnrun.vpns.${name}.privateKeyFile: all users can read /nix/store; name a file that is put there at run time";
            }
          ]
          ++ lib.mapAttrsToList (option: successor: {
            assertion = v.${option} == null;
            message = "programs.vpnrun.vpns.${name}.${option}: ${successor}";
          }) successors
        ) cfg.vpns
      )
      ++ [
        {
          assertion = lib.length (lib.unique (lib.mapAttrsToList (_: v: v.priority) cfg.vpns)) <= 1;
          message = "programs.vpnrun.vpns: all VPNs must have the same priority";
        }
      ];

    users.groups.vpn.members = cfg.users;

    # Any mode but a symbolic link's: vpn-link takes only a plain file of root's.
    environment.etc =
      lib.mapAttrs' (name: v: lib.nameValuePair "vpnrun/${name}.conf" {
        text = profile v;
        mode = "0600";
      }) cfg.vpns
      // {
        "iproute2/rt_protos.d/vpnrun.conf".text = "86 vpnrun\n";
      };

    # Manual pages, completions and icons are the package's, the programs those of the copy.
    environment.systemPackages = [
      (pkgs.runCommand "vpnrun-links" { } ''
        mkdir -p $out/bin
        ln -s ${cfg.package}/share $out/share
        ln -s ${current}/bin/vpn ${current}/bin/vpnrun $out/bin
      '')
    ];

    systemd.tmpfiles.rules = [
      "d /etc/vpnrun 0755 root root -"
      "d /run/netns 0755 root root -"
      "d /run/vpnrun 0755 root root -"
    ];

    systemd.mounts = [
      {
        where = place;
        what = "tmpfs";
        type = "tmpfs";
        options = "nodev,mode=755,size=128M";
      }
    ];
    systemd.services.vpnrun-programs = {
      description = "The programs of vpnrun, with their capabilities";
      wantedBy = [ "sysinit.target" ];
      before = [
        "sysinit.target"
        "shutdown.target"
      ];
      conflicts = [ "shutdown.target" ];
      after = [ "systemd-sysusers.service" ];
      unitConfig.DefaultDependencies = false;
      unitConfig.RequiresMountsFor = [
        "/nix/store"
        place
      ];
      path = [
        pkgs.coreutils
        pkgs.libcap
      ];
      serviceConfig.Type = "oneshot";
      serviceConfig.RemainAfterExit = true;
      script = copy;
    };
    systemd.services.vpnrun = {
      description = "VPNs that start with the system";
      wantedBy = [ "multi-user.target" ];
      # Not required: a new copy of them must not stop what is up.
      wants = [
        "network-online.target"
        "vpnrun-programs.service"
      ];
      after = [
        "network-online.target"
        "nss-lookup.target"
        "systemd-resolved.service"
        "vpnrun-programs.service"
      ];
      path = [ pkgs.iproute2 ];
      # What is linked stays linked while the configuration changes.
      restartIfChanged = false;
      startLimitIntervalSec = 120;
      startLimitBurst = 6;
      serviceConfig = {
        Type = "oneshot";
        RemainAfterExit = true;
        ExecStart = "${current}/bin/vpn autostart";
        Restart = "on-failure";
        RestartSec = 10;
      };
    };
    systemd.services."vpn@" = {
      description = "The whole system through the VPN %i";
      # Not required: a new copy of them must not stop what is up.
      wants = [
        "network-online.target"
        "vpnrun-programs.service"
      ];
      # Left alone when the system stops: `vpn down` would let what still runs send in the clear.
      unitConfig.DefaultDependencies = false;
      before = [ "multi-user.target" ];
      after = [
        "sysinit.target"
        "basic.target"
        "network-online.target"
        "nss-lookup.target"
        "systemd-resolved.service"
        "vpnrun-programs.service"
        "vpnrun.service"
      ];
      path = [ pkgs.iproute2 ];
      restartIfChanged = false;
      serviceConfig = {
        Type = "oneshot";
        RemainAfterExit = true;
        ExecStart = "${current}/bin/vpn up %i";
        ExecReload = "${current}/bin/vpn refresh %i";
        ExecStop = "${current}/bin/vpn down %i";
      };
    };
    systemd.services.vpnrun-block = {
      description = "Nothing leaves before VPNs that start with the system";
      wantedBy = [ "sysinit.target" ];
      wants = [
        "network-pre.target"
        "vpnrun-programs.service"
      ];
      before = [
        "network-pre.target"
        "shutdown.target"
      ];
      conflicts = [ "shutdown.target" ];
      after = [
        "vpnrun-programs.service"
        "nftables.service"
      ];
      unitConfig.DefaultDependencies = false;
      restartIfChanged = false;
      serviceConfig = {
        Type = "oneshot";
        RemainAfterExit = true;
        ExecStart = "${current}/${lib.findFirst (lib.hasSuffix "/vpn-link") "" (lib.attrNames capabilities)} block";
      };
    };
    systemd.services.vpnrun-refresh = {
      description = "Follow a changed network with the VPNs";
      wantedBy = [ "post-resume.target" ];
      after = [ "post-resume.target" ];
      serviceConfig = {
        Type = "oneshot";
        ExecStart = "${current}/bin/vpn refresh";
      };
    };

    # What owns the network leaves the hosts' ends, routes and rules of VPNs alone.
    systemd.network = {
      config.networkConfig = {
        ManageForeignRoutes = false;
        ManageForeignRoutingPolicyRules = false;
      };
      networks."05-vpnrun" = {
        matchConfig.MACAddress = ours;
        linkConfig.Unmanaged = true;
      };
    };
    networking.networkmanager.unmanaged = [ "mac:${ours}" ];
    networking.networkmanager.dispatcherScripts = [ { source = "${cfg.package}/etc/NetworkManager/dispatcher.d/90-vpnrun"; } ];
    networking.dhcpcd.denyInterfaces = lib.attrNames cfg.vpns;
  };
}
