import Foundation
import Testing

@testable import Commands
@testable import ForeignProfiles

@Suite("Files that are no profile at all") struct ForeignDocumentTests {
  @Test(
    arguments: [
      ("", .empty), ("\n \r\n\t\n", .empty), ("\u{feff}", .empty), ("client\ndev tun\nremote vpn.example 1194\n", .openVPN),
      ("# x\n<ca>\n-----BEGIN CERTIFICATE-----\n</ca>\nremote a 1\n", .openVPN), ("<!DOCTYPE html>\n<p>Sign in", .page),
      ("\n\n<HTML><body>404", .page), ("<?xml version=\"1.0\"?><!DOCTYPE plist><plist version=\"1.0\">", .propertyList),
      ("{\"outbounds\": []}", .json), ("[{\"a\":1}]", .json), ("mixed-port: 7890\nproxies:\n - {}\n", .yaml), ("%PDF-1.7\n", .pdf),
      ("PK\u{3}\u{4}…", .archive), ("-----BEGIN OPENSSH PRIVATE KEY-----\n", .keyOrCertificate), ("vpn://AAAA\n", .link),
      ("wireguard://KEY@192.0.2.1:51820", .link),
    ] as [(String, ForeignDocument)])
  func recognised(_ content: String, _ expected: ForeignDocument) {
    #expect(ForeignDocument(of: Array(content.utf8)) == expected)
    #expect(!expected.sentence.contains("\n") && expected.sentence.contains(":"))
  }

  @Test(
    "What may be meant as a profile is read as one",
    arguments: [
      "[Interface]\nclient = x\nremote = y\n", " [ interface ]\n", "# client\n# remote\n", "[Peer]\n<html>\n", "PrivateKey = x\n",
      "[Interfaces]\n{",
      "[NetDev]\nKind=wireguard\n", "client\n",
    ]) func profile(_ content: String)
  { #expect(ForeignDocument(of: Array(content.utf8)) == nil) }

  @Test func noGoodFileIsOne() throws {
    let corpus = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../../Corpus")
    for folder in ["good", "networkd", "networkmanager"] {
      for file in try FileManager.default.contentsOfDirectory(at: corpus.appending(path: folder), includingPropertiesForKeys: nil)
      where !file.hasDirectoryPath {
        #expect(ForeignDocument(of: Array(try Data(contentsOf: file))) == nil, "\(file.lastPathComponent)")
      }
    }
  }
}
