import SessionAudit

extension DoctorReport: JSONDocument {
  package static var schema: String { "pgsessions/doctor/1" }
  package var failure: Failure? { nil }

  package static func body(_ report: DoctorReport?, _ form: JSONForm, _ json: inout JSONWriter) {
    json.totals(report?.audit.totals)
    json.settings(report?.facts.settings)
    json.array("findings") { json in
      for finding in report?.findings ?? [] { json.finding(finding) }
    }
  }
}

extension JSONWriter {
  /// In the order of `SettingName`; those that the server does not have are left out.
  fileprivate mutating func settings(_ settings: ServerSettings?) {
    array("settings") { json in
      for name in SettingName.allCases {
        guard let setting = settings?.settings[name.rawValue] else { continue }
        json.object { json in
          json.value("name", name.rawValue)
          json.value("value", setting.value)
          json.value("source", setting.source)
        }
      }
    }
  }

  fileprivate mutating func finding(_ finding: Finding) {
    object { json in
      json.value("code", finding.code)
      json.value("severity", finding.severity.rawValue)
      json.value("summary", finding.summary)
      json.value("consequence", finding.consequence)
      json.array("remedies") { json in
        for remedy in finding.remedies {
          json.object { json in
            json.strings("sql", remedy.sql)
            json.strings("settings", remedy.settings)
            json.value("needs", remedy.needs)
            json.value("caution", remedy.caution)
            json.value("effect", remedy.effect)
          }
        }
      }
    }
  }
}
