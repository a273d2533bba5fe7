internal import Applications
internal import LinuxSystem

/// A program that starts the one which the user has chosen for a link or a file.
enum Opener {
  private static let programs: [StaticString] = [
    "xdg-open", "gio", "gvfs-open", "gnome-open", "exo-open", "kde-open", "kde-open5", "mate-open",
  ]

  /// - Returns: what it starts, where that can be found out; or else itself.
  static func opened(by invocation: Invocation) -> [Invocation] {
    if invocation.program.equals("sensible-browser") || invocation.program.equals("www-browser") {
      let chosen = Arguments.variable("BROWSER").map { Invocation.all(inLine: $0) } ?? []
      return chosen.isEmpty ? Invocation.all(in: [Array("x-www-browser".utf8)]) : chosen
    }
    guard UserSession.hasDisplay, programs.contains(where: { invocation.program.equals($0) }),
      let what = invocation.arguments.last(where: { $0.first != 0x2d }), let application = application(for: what)
    else { return [invocation] }
    return Invocation.all(inLine: application)
  }

  /// The command of the .desktop file that xdg-open(1) would choose; found by its own means, since each desktop has its own.
  private static func application(for what: [UInt8]) -> [UInt8]? {
    let ask = """
      case $1 in *:*) type=x-scheme-handler/${1%%:*} ;; *) type=$(xdg-mime query filetype "$1") ;; esac
      id=$(xdg-mime query default "$type")
      [ "$id" ] || exit 0
      IFS=:
      for folder in "${XDG_DATA_HOME:-$HOME/.local/share}" ${XDG_DATA_DIRS:-/usr/local/share:/usr/share}; do
        [ ! -f "$folder/applications/$id" ] || { sed -n '/^Exec=/{s///p;q;}' "$folder/applications/$id"; exit; }
      done
      """
    let words = ["/bin/sh", "-c", "exec 2>/dev/null\n" + ask, "sh"].map { Array($0.utf8) } + [what]
    guard let (_, output) = try? Child.run(words) else { return nil }
    return output.isEmpty ? nil : output
  }
}
