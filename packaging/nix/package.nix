# From programs that are built already: nixpkgs has no Swift 6.3. What is run with capabilities is a copy, see module.nix.
{
  lib,
  stdenv,
  autoPatchelfHook,
  libcap,
}:
stdenv.mkDerivation {
  pname = "vpnrun";
  version = import ./version.nix;
  src = ./files;
  nativeBuildInputs = [ autoPatchelfHook ];
  buildInputs = [
    libcap
    (lib.getLib stdenv.cc.cc)
  ];
  dontBuild = true;
  dontStrip = true;
  installPhase = ''
    mkdir -p $out
    cp -a usr/. $out
    cp -a etc $out/etc
    rm -r $out/lib
    substituteInPlace $(grep -rlI /usr/bin/vpn $out) --replace-quiet /usr/bin/vpn /run/vpnrun-programs/current/bin/vpn
  '';
  meta = {
    description = "Run one program, or the whole system, behind a WireGuard VPN";
    license = lib.licenses.mit;
    platforms = [ "x86_64-linux" ];
    mainProgram = "vpnrun";
    sourceProvenance = [ lib.sourceTypes.binaryNativeCode ];
  };
}
