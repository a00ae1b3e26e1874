/// What runs in the simulated place, in two databases of one server. How its sessions are named and
/// what the job is told of it differ, so that each kind of evidence has its part.
enum Application: CaseIterable, Sendable {
  /// Heroku's dynos `web.1`, `worker.1`: the job has `heroku ps --json`.
  case web, worker
  /// `celery@box-1`: nothing is known of it but its names.
  case celery
  /// Without a name: the job knows how many may run, `--instances =3`.
  case django
  /// Pods of a Deployment: the job has `kubectl get pods -o json`.
  case api
  /// A large pool that hardly anybody uses, and that never restarts.
  case reporting

  var database: String {
    switch self {
    case .web, .worker, .celery: "shop"
    case .django, .api, .reporting: "ledger"
    }
  }

  /// How many run at once.
  var instances: Int {
    switch self {
    case .web, .django, .api: 3
    case .worker, .celery: 2
    case .reporting: 1
    }
  }

  /// The size of each one's pool.
  var sessions: Int {
    switch self {
    case .web, .api: 3
    case .worker, .celery, .django: 2
    case .reporting: 4
    }
  }

  /// Whether a platform lists its hosts.
  var isListed: Bool { self == .web || self == .worker || self == .api }

  /// Whether what is inferred from names is all that there is to go by. Of the others it is not
  /// trusted: a host that is about to be replaced, and has been quiet for a night, looks superseded
  /// as soon as the new one has begun.
  static func isInferred(_ name: String) -> Bool { name.hasPrefix("celery@") }

  /// Whether a new one begins before the old one has gone. Where one can only be told by names or
  /// numbers it must not.
  var mayOverlap: Bool { isListed }

  /// - Parameter mark: differs from one start to the next.
  func name(_ number: Int, release: Int, mark: Int) -> String {
    let letters = Array("bcdfghjklmnpqrstvwxz2456789")
    func letter(_ index: Int) -> Character { letters[index % letters.count] }
    switch self {
    case .web: return "web.\(number)"
    case .worker: return "worker.\(number)"
    case .celery: return "celery@box-\(number)"
    case .django: return ""
    case .api:
      let tail = [letter(mark / letters.count), letter(mark)]
      return "api-7d9f8b6c5\(letter(release))-x2v\(String(tail))"
    case .reporting: return "reporting"
    }
  }
}

/// One place in an application, which one host after the other fills.
struct Slot: Hashable, Sendable {
  let application: Application
  let number: Int

  static let all = Application.allCases.flatMap { application in
    (1...application.instances).map { Slot(application: application, number: $0) }
  }
}
