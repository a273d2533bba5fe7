/// Launchers as Debian's packages and makers have them.
enum DesktopSample {
  static let firefox = """
    [Desktop Entry]
    Name=Firefox ESR
    Name[bg]=Firefox ESR
    Name[de]=Firefox ESR
    Comment=Browse the World Wide Web
    Comment[de]=Im Internet surfen
    GenericName=Web Browser
    X-GNOME-FullName=Firefox ESR Web Browser
    X-GNOME-FullName[de]=Firefox ESR-Webbrowser
    Exec=/usr/lib/firefox-esr/firefox-esr %u
    Terminal=false
    X-MultipleArgs=false
    Type=Application
    Icon=firefox-esr
    Categories=Network;WebBrowser;
    MimeType=text/html;text/xml;application/xhtml+xml;x-scheme-handler/http;x-scheme-handler/https;
    StartupWMClass=firefox-esr
    StartupNotify=true
    Actions=new-window;new-private-window;

    [Desktop Action new-window]
    Name=Open a New Window
    Name[de]=Neues Fenster
    Exec=/usr/lib/firefox-esr/firefox-esr --new-window %u

    [Desktop Action new-private-window]
    Name=New Private Window
    Exec=/usr/lib/firefox-esr/firefox-esr --private-window %u

    """

  static let chromium = """
    [Desktop Entry]
    Name=Chromium Web Browser
    Name[zh_TW]=Chromium 網頁瀏覽器
    GenericName=Web Browser
    Comment=Access the Internet
    Exec=/usr/bin/chromium %U
    Terminal=false
    X-MultipleArgs=false
    Type=Application
    Icon=chromium
    Categories=Network;WebBrowser;
    MimeType=text/html;x-scheme-handler/http;x-scheme-handler/https;
    StartupWMClass=chromium
    StartupNotify=true
    Keywords=browser

    """

  static let writer = """
    [Desktop Entry]
    Version=1.0
    Terminal=false
    Icon=libreoffice-writer
    Type=Application
    Categories=Office;WordProcessor;X-Red-Hat-Base;
    Exec=libreoffice --writer %U
    MimeType=application/vnd.oasis.opendocument.text;application/msword;
    Name=LibreOffice Writer
    StartupNotify=true
    X-GIO-NoFuse=true
    Keywords=Text;Letter;Fax;
    InitialPreference=5
    StartupWMClass=libreoffice-writer
    X-KDE-Protocols=file,http,webdav,webdavs
    Actions=NewDocument;

    [Desktop Action NewDocument]
    Name=New Document
    Icon=document-new
    Exec=libreoffice --writer

    """

  static let terminal = """
    # A comment before everything
    [Desktop Entry]
    Name=Terminal
    Comment=Use the command line
    Keywords=shell;prompt;command;commandline;cmd;
    TryExec=gnome-terminal
    Exec=gnome-terminal
    Icon=org.gnome.Terminal
    Type=Application
    Categories=GNOME;GTK;System;TerminalEmulator;
    StartupNotify=true
    X-GNOME-SingleWindow=false
    OnlyShowIn=GNOME;Unity;
    Actions=new-window;preferences;
    DBusActivatable=true
    X-Ubuntu-Gettext-Domain=gnome-terminal

    [Desktop Action new-window]
    Name=New Window
    Exec=gnome-terminal --window

    [Desktop Action preferences]
    Name=Preferences
    Exec=gnome-terminal --preferences

    """

  static let code = """
    [Desktop Entry]
    Name=Visual Studio Code
    Comment=Code Editing. Redefined.
    GenericName=Text Editor
    Exec=/usr/share/code/code %F
    Icon=vscode
    Type=Application
    StartupNotify=false
    StartupWMClass=Code
    Categories=TextEditor;Development;IDE;
    MimeType=application/x-code-workspace;
    Actions=new-empty-window;
    Keywords=vscode;

    [Desktop Action new-empty-window]
    Name=New Empty Window
    Exec=/usr/share/code/code --new-window %F
    Icon=vscode

    """

  /// Quotes, escapes and field codes as the specification allows them, and nothing that shares an instance.
  static let exotic = #"""
    [Desktop Entry]
    Type=Application
    Name=Exotic \\ one
    Exec="/opt/Exotic Tool/run me" --price "10 \\$" "--quote=\\"x\\"" "a\\\\b" --icon %i --caption %c --file %k 100%% %F
    Icon=/opt/Exotic Tool/icon.png
    NoDisplay=true

    """#

  static let flatpak = """
    [Desktop Entry]
    Name=Firefox
    Exec=/usr/bin/flatpak run --branch=stable --arch=x86_64 --command=firefox --file-forwarding org.mozilla.firefox @@u %u @@
    Type=Application
    X-Flatpak=org.mozilla.firefox

    """

  static let snap = """
    [Desktop Entry]
    X-SnapInstanceName=firefox
    Name=Firefox Web Browser
    Exec=env BAMF_DESKTOP_FILE_HINT=/var/lib/snapd/desktop/applications/firefox_firefox.desktop /snap/bin/firefox %u
    Type=Application

    """

  static let all = [firefox, chromium, writer, terminal, code, exotic, flatpak, snap]
}
