/// The page's script, which sorts and filters tables that can be read without it.
enum PageScript {
  /// SHA-256 of `Page/report.js` as Content-Security-Policy names it; a script that differs does not
  /// run. A test says what it must be.
  static let hash: StaticString = "sha256-3SYryPI1EU/qqIwEqhEaQNgsetWbeHeyiVlySlWnyuE="
}
