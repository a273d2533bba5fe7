extension SharedInstance {
  /// The ones that are known. Base names as Debian, Fedora, Arch and the makers' own packages have them.
  public static let all: [SharedInstance] = browsers + electron + network + desktop + terminals + tools

  private static let browsers = [
    mozilla("Firefox", ["firefox", "firefox-esr", "firefox-bin", "firefox-nightly", "firefox-developer-edition", "firefox-devedition"]),
    mozilla("LibreWolf", ["librewolf", "librewolf-bin"]),
    mozilla("Thunderbird", ["thunderbird", "thunderbird-bin"]),
    chromium("Chromium", ["chromium", "chromium-browser", "ungoogled-chromium"], ["chromium", "chromium-browser"]),
    chromium(
      "Google Chrome", ["google-chrome", "google-chrome-stable", "google-chrome-beta", "google-chrome-unstable", "chrome"], ["chrome"]),
    chromium("Brave", ["brave-browser", "brave-browser-stable", "brave"], ["brave"]),
    chromium("Microsoft Edge", ["microsoft-edge", "microsoft-edge-stable"], ["msedge"]),
    chromium("Vivaldi", ["vivaldi", "vivaldi-stable"], ["vivaldi-bin"]),
    chromium("Opera", ["opera"], ["opera"]),
    SharedInstance(
      name: "GNOME Web", commands: ["epiphany", "epiphany-browser"], processes: ["epiphany", "epiphany-browser"],
      separation: .init(options: ["--profile=%f"]), apart: ["profile", "private-instance", "p", "incognito-mode", "i"]),
    SharedInstance(
      name: "qutebrowser", commands: ["qutebrowser"], processes: ["qutebrowser"], separation: .init(options: ["--basedir", "%f"]),
      apart: ["basedir", "B", "temp-basedir", "T"]),
  ]

  /// Since Firefox 67 one only asks another that has the same profile. A folder, not a profile's name, which would have to be made first.
  private static func mozilla(_ name: String, _ programs: [String]) -> SharedInstance {
    SharedInstance(
      name: name, commands: programs, processes: programs,
      separation: .init(options: ["--profile", "%f"], windowClass: ["--class", "%c", "--name", "%c"]),
      apart: ["profile", "P", "no-remote"],
      alone: ["new-instance"])
  }

  /// The folder has a link SingletonLock, and only who has the same folder is asked. By the variable, one that is started from inside, by a
  /// link in a text say, has the same folder.
  private static func chromium(_ name: String, _ commands: [String], _ processes: [String]) -> SharedInstance {
    SharedInstance(
      name: name, commands: commands, processes: processes,
      separation: .init(
        options: ["--user-data-dir=%f"], windowClass: ["--class=%c"], variables: [("CHROME_USER_DATA_DIR", "%f")]),
      apart: ["user-data-dir"])
  }

  private static let electron = [
    one("Visual Studio Code", "code", ["--user-data-dir=%f"]), one("VSCodium", "codium", ["--user-data-dir=%f"]),
    one("Signal", "signal-desktop", ["--user-data-dir=%f"]), one("Slack", "slack", ["--user-data-dir=%f"]),
    one("Element", "element-desktop", ["--profile", "%n"], apart: ["profile", "profile-dir"]),
    SharedInstance(
      name: "Discord", commands: ["discord", "Discord"], processes: ["Discord"], separation: .init(options: ["--multi-instance"]),
      apart: ["multi-instance"]),
  ]

  /// - Parameter apart: otherwise the option that is given.
  private static func one(_ name: String, _ program: String, _ options: [String], apart: [String] = []) -> SharedInstance {
    let given = options.map { option in
      let letters = option.utf8.drop { $0 == 0x2d }.prefix { $0 != 0x3d }
      return String(decoding: Array(letters), as: UTF8.self)
    }
    return SharedInstance(
      name: name, commands: [program], processes: [program], separation: .init(options: options),
      apart: apart.isEmpty ? Array(given.prefix(1)) : apart)
  }

  /// Torrents and talk.
  private static let network = [
    SharedInstance(
      name: "Transmission", commands: ["transmission-gtk", "transmission-qt"], processes: ["transmission-gtk", "transmission-qt"],
      separation: .init(options: ["--config-dir=%f"]), apart: ["config-dir", "g"]),
    one("qBittorrent", "qbittorrent", ["--profile=%f"], apart: ["profile", "configuration"]),
    SharedInstance(
      name: "Deluge", commands: ["deluge-gtk", "deluge"], processes: ["deluge-gtk", "deluge"],
      separation: .init(options: ["--config", "%f"]), apart: ["config", "c"]),
    SharedInstance(
      name: "Telegram", commands: ["telegram-desktop", "Telegram"], processes: ["telegram-desktop", "Telegram"],
      separation: .init(options: ["-many", "-workdir", "%f"]), apart: ["workdir"], alone: ["many"]),
    SharedInstance(name: "Dino", commands: ["dino", "dino-im"], processes: ["dino", "dino-im"], separation: .init(before: ownBus)),
    SharedInstance(name: "Remmina", commands: ["remmina"], processes: ["remmina"], separation: .init(before: ownBus)),
  ]

  private static let desktop = [
    SharedInstance(
      name: "LibreOffice",
      commands: [
        "libreoffice", "soffice", "loffice", "lowriter", "localc", "loimpress", "lodraw", "lobase", "lomath", "loweb", "lofromtemplate",
      ], processes: ["soffice.bin"], separation: .init(options: ["-env:UserInstallation=file://%u"]), apart: ["env:UserInstallation"]),
    one("Mousepad", "mousepad", ["--disable-server"]),
    SharedInstance(
      name: "VLC", commands: ["vlc", "cvlc", "qvlc"], processes: ["vlc"], occasion: .options(["one-instance", "started-from-file"]),
      separation: .init(before: ownBus), apart: ["no-one-instance"]),
    SharedInstance(name: "Emacs", commands: ["emacsclient"], processes: ["emacs"], apart: ["s", "socket-name"]),
  ]

  /// One in a session bus of its own starts its service there, and with it inside; it lives as long as its first window.
  private static let ownBus = ["dbus-run-session", "--"]

  private static let terminals = [
    SharedInstance(
      name: "GNOME Terminal", commands: ["gnome-terminal"], service: "windows are opened by a service of the session",
      separation: .init(before: ownBus, options: ["--wait"])),
    SharedInstance(name: "GNOME Console", commands: ["kgx"], processes: ["kgx"], separation: .init(before: ownBus)),
    one("Ptyxis", "ptyxis", ["--standalone"], apart: ["standalone", "s"]),
    one("Xfce Terminal", "xfce4-terminal", ["--disable-server"]),
    one("MATE Terminal", "mate-terminal", ["--disable-factory"]),
    one("Terminator", "terminator", ["--no-dbus"], apart: ["no-dbus", "u"]),
    one("Tilix", "tilix", ["--new-process"]),
    SharedInstance(
      name: "tmux", commands: ["tmux"], processes: ["tmux: server"], separation: .init(options: ["-L", "%n"]), apart: ["L", "S"]),
    SharedInstance(
      name: "screen", commands: ["screen"], processes: ["screen"],
      occasion: .options(["r", "R", "RR", "x", "X", "xR", "xRR", "d", "D", "dr", "dR", "dRR", "Dr", "DR", "DRR", "rd", "Q"]),
      separation: .init(variables: [("SCREENDIR", "%f")])),
  ]

  private static let tools: [SharedInstance] = [
    ssh("ssh", ["ssh"], .always, .init(options: ["-oControlPath=none"])),
    ssh("scp", ["scp", "sftp"], .always, .init(options: ["-oControlPath=none"])),
    ssh("rsync", ["rsync"], .remote, .init(variables: [("RSYNC_RSH", "ssh -o ControlPath=none")])),
    ssh(
      "git", ["git"], .words(["clone", "fetch", "pull", "push", "ls-remote", "remote", "submodule"]),
      .init(variables: [("GIT_SSH_COMMAND", "ssh -o ControlPath=none")])),
    SharedInstance(
      name: "GnuPG", commands: ["gpg", "gpg2"], processes: ["dirmngr"], socket: "/S.dirmngr",
      occasion: .options([
        "search-keys", "recv-keys", "receive-keys", "recv", "send-keys", "refresh-keys", "fetch-keys", "locate-keys",
        "locate-external-keys", "auto-key-locate",
      ]), advice: "gpgconf --kill dirmngr"),
    container("Docker", ["docker", "docker-compose"], "docker run --network none --device vpnrun/vpn=%n"),
    container("containerd", ["nerdctl"], "nerdctl run --network %n"),
    SharedInstance(
      name: "Podman", commands: ["podman", "podman-compose"], processes: ["catatonit"],
      occasion: .words(["run", "create", "start", "restart", "exec", "pull", "push", "build", "play", "kube", "up"]),
      advice: "vpn podman %n run, or podman system migrate"),
    SharedInstance(
      name: "systemd-run", commands: ["systemd-run"], service: "commands are started by systemd", apart: ["scope"]),
  ]

  /// A master of ssh_config(5)'s ControlMaster, which has the connection, listens. The option makes another connection.
  private static func ssh(_ name: String, _ commands: [String], _ occasion: Occasion, _ separation: Separation) -> SharedInstance {
    SharedInstance(
      name: name, commands: commands, processes: ["ssh"], listens: true, occasion: occasion, separation: separation,
      apart: ["oControlPath", "S"])
  }

  /// - Parameter advice: what does it, once the engine has been told of the VPNs.
  private static func container(_ name: String, _ commands: [String], _ advice: String) -> SharedInstance {
    SharedInstance(
      name: name, commands: commands, service: "containers are run by a daemon of the system",
      occasion: .words([
        "run", "create", "start", "restart", "exec", "pull", "push", "build", "buildx", "compose", "up", "login", "search",
      ]), advice: "sudo vpn containers enable once, and " + advice)
  }

  /// Interpreters, and what listens without doing the work of others.
  static let hermits = [
    "sh", "bash", "dash", "zsh", "fish", "perl", "ruby", "node", "java", "wine", "electron", "vim", "nvim", "emacs", "alacritty", "kitty",
    "mpv", "evince", "hexchat", "konsole", "ssh-agent", "gpg-agent", "Xephyr", "Xwayland",
  ]
}
