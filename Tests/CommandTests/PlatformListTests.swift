import TestSupport
import TestTraits
import Testing

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// A platform's API on loopback, for scripts that ask it by the name that it has on the platform.
final class PlatformAPI {
  static let token = "token-of-a-test"
  private let folder = TemporaryFolder()
  private let process: RunningProcess
  /// What a script needs in its environment so that curl comes here.
  let environment: [String: String]
  /// The certificate that curl is to trust.
  let certificate: String

  /// - Parameters:
  ///   - url: of what it knows, without a port.
  ///   - list: what it answers.
  init(_ url: String, list: String, status: Int = 200) throws {
    let parts = try #require(url.wholeMatch(of: /https:\/\/([^\/]+)(\/.*)/))
    let host = String(parts.1)
    certificate = folder.path("ca.crt")
    let key = folder.path("key.pem")
    let made = try ChildProcess.run(
      "openssl",
      [
        "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
        "-days", "2", "-subj", "/CN=\(host)", "-addext", "subjectAltName=DNS:\(host)", "-keyout",
        key, "-out", certificate,
      ])
    guard made.status == 0 else { throw SupportError("openssl: \(made.stderr)") }
    try folder.write(list, to: "list.json")
    process = try RunningProcess(
      "python3",
      [
        "\(Page.root)/Tests/Support/TestSupport/Python/serve_list.py", certificate, key, host,
        String(parts.2), Self.token, "\(status)", folder.path("list.json"),
      ])
    let port = try #require(try process.readLine(), "\(process.stderrSoFar)")
    try folder.write(
      "connect-to = \"\(host):443:127.0.0.1:\(port)\"\ncacert = \"\(certificate)\"\n",
      to: ".curlrc")
    environment = ["CURL_HOME": folder.path(".")]
  }

  deinit {
    process.closeInput()
    _ = try? process.wait(timeout: .seconds(5))
  }
}

/// The scripts of share/doc/pgsessions/examples that ask a platform who is alive: they print the
/// whole list, or fail.
@Suite(.sideBySide)
struct PlatformListTests {
  static let dynosURL = "https://api.heroku.com/apps/shop/dynos"
  static let podsURL = "https://kubernetes.default.svc/api/v1/namespaces/shop/pods"

  static func dynos(_ names: String...) -> String {
    let dynos = names.map { name in
      """
      {"id":"8b2c8d5e-0000-4000-8000-000000000001","name":"\(name)","type":"web","state":"up",
      "created_at":"2020-01-01T00:00:00Z","updated_at":"2020-01-01T00:00:05Z"}
      """
    }
    return "[\(dynos.joined(separator: ","))]\n"
  }

  static func pods(_ names: String...) -> String {
    let pods = names.map { name in
      """
      {"metadata":{"name":"\(name)","namespace":"shop"},"spec":{},"status":{"phase":"Running",
      "podIP":"10.8.0.2","hostIP":"10.240.0.9","containerStatuses":[{"restartCount":0,
      "state":{"running":{"startedAt":"2020-01-01T00:00:00Z"}}}]}}
      """
    }
    return """
      {"kind":"PodList","apiVersion":"v1","metadata":{"resourceVersion":"7"},
      "items":[\(pods.joined(separator: ","))]}

      """
  }

  private func askForDynos(
    _ api: PlatformAPI, token: String = PlatformAPI.token, app: String = "shop"
  ) throws -> ProcessOutcome {
    try ChildProcess.run(
      "sh", ["\(Page.root)/share/doc/pgsessions/examples/heroku/dynos.sh", app],
      environment: ["PATH": "/usr/bin:/bin", "HEROKU_API_KEY": token]
        .merging(api.environment) { $1 })
  }

  @Test func dynosAreAllOrNone() throws {
    let api = try PlatformAPI(Self.dynosURL, list: Self.dynos("web.1", "web.2"))
    let asked = try askForDynos(api)
    #expect(asked.status == 0 && asked.stderr.isEmpty, "\(asked.stderr)")
    #expect(try JSON(text: asked.stdout) == JSON(text: Self.dynos("web.1", "web.2")))
    for refused in [try askForDynos(api, token: "other"), try askForDynos(api, app: "other")] {
      #expect(refused.status != 0 && refused.stdout.isEmpty)
      #expect(refused.stderr.contains("401") || refused.stderr.contains("404"))
    }
    let part = try PlatformAPI(Self.dynosURL, list: Self.dynos("web.1"), status: 206)
    let partial = try askForDynos(part)
    #expect(partial.status != 0 && partial.stdout.isEmpty && partial.stderr.contains("206"))
  }

  /// pods.sh, where its account is in another folder.
  static func podsScript(account: String) throws -> String {
    let text = try #require(
      try ManifestTests.manifest.get()["ConfigMap"]?["data"]?["pods.sh"]?.text)
    let place = "/var/run/secrets/kubernetes.io/serviceaccount"
    #expect(text.contains(place))
    return text.replacing(place, with: account)
  }

  /// What the kubelet puts into a pod.
  static func makeAccount(
    in folder: TemporaryFolder, for api: PlatformAPI, token: String = PlatformAPI.token
  ) throws {
    try folder.write(token, to: "token")
    try folder.write("shop", to: "namespace")
    let certificate = try String(
      decoding: Data(contentsOf: URL(filePath: api.certificate)), as: UTF8.self)
    try folder.write(certificate, to: "ca.crt")
  }

  @Test func podsAreAllOrNone() throws {
    let api = try PlatformAPI(Self.podsURL, list: Self.pods("shop-7d9f8b6c5d-k4tzn"))
    let folder = TemporaryFolder()
    func ask() throws -> ProcessOutcome {
      try folder.write(try Self.podsScript(account: folder.path(".")), to: "pods.sh")
      return try ChildProcess.run(
        "sh", [folder.path("pods.sh")],
        environment: ["PATH": "/usr/bin:/bin"].merging(api.environment) { $1 })
    }
    try Self.makeAccount(in: folder, for: api)
    let asked = try ask()
    #expect(asked.status == 0 && asked.stderr.isEmpty, "\(asked.stderr)")
    #expect(asked.stdout == Self.pods("shop-7d9f8b6c5d-k4tzn"))
    try Self.makeAccount(in: folder, for: api, token: "other")
    let refused = try ask()
    #expect(refused.status != 0 && refused.stdout.isEmpty && refused.stderr.contains("401"))
    try FileManager.default.removeItem(atPath: folder.path("namespace"))
    let lost = try ask()
    #expect(lost.status != 0 && lost.stdout.isEmpty)
  }
}
