import Testing

@testable import Commands
@testable import HelperWire

@Suite struct ListTextTests {
  @Test func plain() {
    #expect(
      listText(Sample.all, .plain) == """
        NAME  ID  STATE       ADDRESS                    ENDPOINT
        home  1   linked      172.27.12.34, fd27:12::34  vpn.example.net:51820
        work  12  not linked  172.27.13.34               [2001:db8::1]:51821
        lab   -   error       /etc/vpnrun/lab.conf:3:7: unknown key Adress; did you mean Address?

        """)
  }

  @Test func coloursChangeNothingElse() {
    let coloured = listText(Sample.all, .terminal)
    #expect(coloured.contains("\u{1b}[1mhome\u{1b}[0m  1   \u{1b}[32mlinked\u{1b}[0m      172"))
    #expect(coloured.replacing(/\u{1b}\[[0-9]*m/, with: "") == listText(Sample.all, .plain))
  }

  @Test func noVPNsNoHeader() { #expect(listText([], .plain) == "") }
}
