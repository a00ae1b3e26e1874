import SessionAudit

/// How full a server is.
extension Wording {
  /// Shown of those whose limits are nearly used; the rest is counted.
  static let mostOthers = 5

  /// `51 of 57 used (89 %), 6 left for app`, and how sure that is.
  static func sentence(for slots: Slots, role: String?) -> String {
    let binding = slots.binding
    let ratio = binding.usedRatio
    let percent = Int((ratio * 100).rounded(.down))
    // Where there is room, one more or less matters to nobody.
    let isTight = ratio >= Slots.notableRatio
    let (less, more) =
      switch binding.certainty {
      case .atLeast where isTight: ("at most ", "at least ")
      case .about where isTight: ("about ", "about ")
      default: ("", "")
      }
    let left = binding.available == 0 ? "none" : "\(less)\(binding.available)"
    let count = "\(more)\(binding.used) of \(binding.limit) used (\(percent) %)"
    return "\(count), \(left) left for \(role ?? "this role")"
  }

  /// `role app: 5 of 8 used, 3 left`
  static func sentence(for limit: Slots.Limit) -> String {
    let about = limit.certainty == .about ? "about " : ""
    return "\(limit.owner): \(about)\(min(limit.used, limit.limit)) of \(limit.limit) used, "
      + "\(limit.available == 0 ? "none" : "\(limit.available)") left"
  }

  static func limitSentence(_ slots: Slots) -> String {
    let server = "max_connections \(slots.maxConnections)"
    let all = "\(slots.used) of \(server) used"
    switch slots.binding.kind {
    case .role: return "CONNECTION LIMIT of role \(slots.binding.name ?? "?"); \(all)"
    case .database:
      return "CONNECTION LIMIT of database \(slots.binding.name ?? "?"); \(all)"
    case .server, .reserved, .superuserReserved, .pooler:
      var parts = [server]
      if slots.superuserReserved > 0 { parts.append("\(slots.superuserReserved) for superusers") }
      if slots.reserved > 0 { parts.append("\(slots.reserved) for pg_use_reserved_connections") }
      return parts.joined(separator: ", ")
    }
  }
}
