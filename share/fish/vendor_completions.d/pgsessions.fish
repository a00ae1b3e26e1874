function __pgsessions_should_offer_completions_for_flags_or_options -a expected_commands
    set -l non_repeating_flags_or_options $argv[2..]
    set -l non_repeating_flags_or_options_absent 0
    set -l positional_index 0
    set -l commands
    __pgsessions_parse_tokens
    test "$commands" = "$expected_commands"; and return $non_repeating_flags_or_options_absent
end

function __pgsessions_should_offer_completions_for_positional -a expected_commands positional_index_comparison expected_positional_index
    set -l non_repeating_flags_or_options
    set -l non_repeating_flags_or_options_absent 0
    set -l positional_index 0
    set -l commands
    __pgsessions_parse_tokens
    test "$commands" = "$expected_commands" -a \( "$positional_index" "$positional_index_comparison" "$expected_positional_index" \)
end

function __pgsessions_parse_tokens -S
    set -l unparsed_tokens (__pgsessions_tokens -pc)
    switch $unparsed_tokens[1]
    case 'pgsessions'
        __pgsessions_parse_subcommand 0 'version' 'help'
        switch $unparsed_tokens[1]
        case 'audit'
            __pgsessions_parse_subcommand -r 1 'h=' 'p=' 'U=' 'd=' 'w' 'url-env=' 'connect-timeout=' 'timeout=' 'wait-for-slot=' 'policy=' 'stale-after=' 'restart-grace=' 'max-age=+' 'max-age-slack=' 'pool-size=+' 'instances=+' 'restarted-at=+' 'live=' 'roster-covers=+' 'roster-complete' 'clock-tolerance=' 'shared-address=+' 'pooler=+' 'one-instance=+' 'family=+' 'format=' 'json' 'o=' 'color=' 'group-by=+' 'buckets=' 'input=' 'earlier=' 'fail-on=+' 'sessions' 'summary' 'show-query' 'version' 'help'
        case 'terminate'
            __pgsessions_parse_subcommand -r 1 'h=' 'p=' 'U=' 'd=' 'w' 'url-env=' 'connect-timeout=' 'timeout=' 'wait-for-slot=' 'orphans' 'suspects' 'idle-longer-than=' 'in-transaction-longer-than=' 'active-longer-than=' 'session-older-than=' 'application=+' 'user=+' 'database=+' 'client=+' 'not-application=+' 'not-user=+' 'not-database=+' 'not-client=+' 'all-databases' 'include-active' 'include-stateful' 'include-pooled' 'include-backups' 'trust=' 'max=' 'max-share=' 'keep=' 'allow-empty' 'execute' 'yes' 'log=' 'metrics=' 'hook=' 'hook-timeout=' 'cancel-first' 'grace=' 'verify-within=' 'lock' 'no-lock' 'policy=' 'stale-after=' 'restart-grace=' 'max-age=+' 'max-age-slack=' 'pool-size=+' 'instances=+' 'restarted-at=+' 'live=' 'roster-covers=+' 'roster-complete' 'clock-tolerance=' 'shared-address=+' 'pooler=+' 'one-instance=+' 'family=+' 'format=' 'json' 'o=' 'color=' 'sql' 'quiet' 'version' 'help'
        case 'doctor'
            __pgsessions_parse_subcommand -r 1 'h=' 'p=' 'U=' 'd=' 'w' 'url-env=' 'connect-timeout=' 'timeout=' 'wait-for-slot=' 'policy=' 'stale-after=' 'restart-grace=' 'max-age=+' 'max-age-slack=' 'pool-size=+' 'instances=+' 'restarted-at=+' 'live=' 'roster-covers=+' 'roster-complete' 'clock-tolerance=' 'shared-address=+' 'pooler=+' 'one-instance=+' 'family=+' 'format=' 'json' 'o=' 'color=' 'sql' 'role=' 'version' 'help'
        case 'policy'
            __pgsessions_parse_subcommand 0 'version' 'help'
            switch $unparsed_tokens[1]
            case 'check'
                __pgsessions_parse_subcommand 1 'version' 'help'
            case 'show'
                __pgsessions_parse_subcommand -r 2 'user=' 'database=' 'version' 'help'
            end
        case 'help'
            __pgsessions_parse_subcommand -r 1 'version'
        end
    end
end

function __pgsessions_tokens
    if test (string split -m 1 -f 1 -- . "$FISH_VERSION") -gt 3
        commandline --tokens-raw $argv
    else
        commandline -o $argv
    end
end

function __pgsessions_parse_subcommand -S -a positional_count
    argparse -s r -- $argv
    set -l option_specs $argv[2..]
    set -l is_repeating_positional $_flag_r
    set -el _flag_r
    set -a commands $unparsed_tokens[1]
    set positional_index 0
    while true
        set -e unparsed_tokens[1]
        argparse -sn "$commands" $option_specs -- $unparsed_tokens 2> /dev/null
        set unparsed_tokens $argv
        set positional_index (math $positional_index + 1)
        for non_repeating_flag_or_option in $non_repeating_flags_or_options
            if set -ql "_flag_$(string replace -a - _ -- $non_repeating_flag_or_option)"
                set non_repeating_flags_or_options_absent 1
                break
            end
        end
        test (count $unparsed_tokens) -eq 0 -o \( -z "$is_repeating_positional" -a "$positional_index" -gt "$positional_count" \) && break
    end
end

function __pgsessions_complete_directories
    set -l token (commandline -t)
    string match -- '*/' $token
    set -l subdirs $token*/
    printf %s\n $subdirs
end

function __pgsessions_custom_completion
    set -x SAP_SHELL fish
    set -x SAP_SHELL_VERSION $FISH_VERSION
    set -l tokens (__pgsessions_tokens -p)
    if test -z "$(__pgsessions_tokens -t)"
        set -l index (count (__pgsessions_tokens -pc))
        set tokens $tokens[..$index] \'\' $tokens[(math $index + 1)..]
    end
    command $tokens[1] $argv $tokens
end

complete -c 'pgsessions' -f
complete -c 'pgsessions' -n '__pgsessions_should_offer_completions_for_flags_or_options "pgsessions" version' -l 'version' -d 'Show the version.'
complete -c 'pgsessions' -n '__pgsessions_should_offer_completions_for_flags_or_options "pgsessions" help' -l 'help' -d 'Show help information.'
complete -c 'pgsessions' -n '__pgsessions_should_offer_completions_for_positional "pgsessions" -eq 1' -fa 'audit' -d 'Show who holds the server\'s sessions, how old they are, and which look abandoned.'
complete -c 'pgsessions' -n '__pgsessions_should_offer_completions_for_positional "pgsessions" -eq 1' -fa 'terminate' -d 'End the sessions that you select, each checked again as it is ended.'
complete -c 'pgsessions' -n '__pgsessions_should_offer_completions_for_positional "pgsessions" -eq 1' -fa 'doctor' -d 'Judge the settings, limits and rights that decide how long sessions live.'
complete -c 'pgsessions' -n '__pgsessions_should_offer_completions_for_positional "pgsessions" -eq 1' -fa 'policy' -d 'Check a policy file, or show what it says of which application, and where.'
complete -c 'pgsessions' -n '__pgsessions_should_offer_completions_for_positional "pgsessions" -eq 1' -fa 'help' -d 'Show subcommand help information.'
complete -c 'pgsessions' -n '__pgsessions_should_offer_completions_for_flags_or_options "pgsessions audit" h' -s 'h' -d 'Server host, or folder of its socket.' -rfka ''
complete -c 'pgsessions' -n '__pgsessions_should_offer_completions_for_flags_or_options "pgsessions audit" p' -s 'p' -d 'Server port.' -rfka ''
complete -c 'pgsessions' -n '__pgsessions_should_offer_completions_for_flags_or_options "pgsessions audit" U' -s 'U' -d 'Role to connect as.' -rfka ''
complete -c 'pgsessions' -n '__pgsessions_should_offer_completions_for_flags_or_options "pgsessions audit" d' -s 'd' -d 'Database name; as in psql also a URI or \'key=value …\'.' -rfka ''
complete -c 'pgsessions' -n '__pgsessions_should_offer_completions_for_flags_or_options "pgsessions audit" w' -s 'w' -d 'Never ask for a password.'
complete -c 'pgsessions' -n '__pgsessions_should_offer_completions_for_flags_or_options "pgsessions audit" url-env' -l 'url-env' -d 'Read the URI from this variable.' -rfka ''
complete -c 'pgsessions' -n '__pgsessions_should_offer_completions_for_flags_or_options "pgsessions audit" connect-timeout' -l 'connect-timeout' -d 'Give up connecting to a host after this (10s).' -rfka ''
complete -c 'pgsessions' -n '__pgsessions_should_offer_completions_for_flags_or_options "pgsessions audit" timeout' -l 'timeout' -d 'Give up altogether after this (60s).' -rfka ''
complete -c 'pgsessions' -n '__pgsessions_should_offer_completions_for_flags_or_options "pgsessions audit" wait-for-slot' -l 'wait-for-slot' -d 'Where no connection slot is free, try again for so long.' -rfka ''
complete -c 'pgsessions' -n '__pgsessions_should_offer_completions_for_flags_or_options "pgsessions audit" policy' -l 'policy' -d 'What this place needs, said once: targets, thresholds, what may be ended; docs/policy.md.' -rF
complete -c 'pgsessions' -n '__pgsessions_should_offer_completions_for_flags_or_options "pgsessions audit" stale-after' -l 'stale-after' -d 'An idle session silent for this long is suspect (1h).' -rfka ''
complete -c 'pgsessions' -n '__pgsessions_should_offer_completions_for_flags_or_options "pgsessions audit" restart-grace' -l 'restart-grace' -d 'How long old and new may overlap when something restarts (5m).' -rfka ''
complete -c 'pgsessions' -n '__pgsessions_should_offer_completions_for_flags_or_options "pgsessions audit"' -l 'max-age' -d 'An application closes its connections at this age (CONN_MAX_AGE); repeatable.' -rfka ''
complete -c 'pgsessions' -n '__pgsessions_should_offer_completions_for_flags_or_options "pgsessions audit" max-age-slack' -l 'max-age-slack' -d 'How far beyond it a request may last (30s).' -rfka ''
complete -c 'pgsessions' -n '__pgsessions_should_offer_completions_for_flags_or_options "pgsessions audit"' -l 'pool-size' -d 'The most sessions of it from one address, all processes and pools counted; what is beyond is suspect; repeatable.' -rfka ''
complete -c 'pgsessions' -n '__pgsessions_should_offer_completions_for_flags_or_options "pgsessions audit"' -l 'instances' -d 'The most instances that may run at once, one-offs and workers included: of each name, or with family:GLOB=N of all that match; repeatable.' -rfka ''
complete -c 'pgsessions' -n '__pgsessions_should_offer_completions_for_flags_or_options "pgsessions audit"' -l 'restarted-at' -d 'A restart was completed: 2026-11-22T09:41Z, or 10m-ago; repeatable.' -rfka ''
complete -c 'pgsessions' -n '__pgsessions_should_offer_completions_for_flags_or_options "pgsessions audit" live' -l 'live' -d 'Who is alive: heroku ps --json, kubectl get pods -o json, or lines; - is stdin.' -rF
complete -c 'pgsessions' -n '__pgsessions_should_offer_completions_for_flags_or_options "pgsessions audit"' -l 'roster-covers' -d 'The roster covers these names or addresses too; repeatable.' -rfka ''
complete -c 'pgsessions' -n '__pgsessions_should_offer_completions_for_flags_or_options "pgsessions audit" roster-complete' -l 'roster-complete' -d 'The roster has everything that uses this user and database.'
complete -c 'pgsessions' -n '__pgsessions_should_offer_completions_for_flags_or_options "pgsessions audit" clock-tolerance' -l 'clock-tolerance' -d 'How far clocks may differ from the server\'s (30s).' -rfka ''
complete -c 'pgsessions' -n '__pgsessions_should_offer_completions_for_flags_or_options "pgsessions audit"' -l 'shared-address' -d 'Many instances share these addresses (NAT, proxies); repeatable.' -rfka ''
complete -c 'pgsessions' -n '__pgsessions_should_offer_completions_for_flags_or_options "pgsessions audit"' -l 'pooler' -d 'A connection pooler has these addresses; repeatable.' -rfka ''
complete -c 'pgsessions' -n '__pgsessions_should_offer_completions_for_flags_or_options "pgsessions audit"' -l 'one-instance' -d 'Whether a name means one instance at a time; repeatable.' -rfka 'yes no'
complete -c 'pgsessions' -n '__pgsessions_should_offer_completions_for_flags_or_options "pgsessions audit"' -l 'family' -d 'Names that match are one family, whatever their form; repeatable.' -rfka ''
complete -c 'pgsessions' -n '__pgsessions_should_offer_completions_for_flags_or_options "pgsessions audit" format' -l 'format' -d 'The form of the report: text (default), json, ndjson; audit also csv, html, prometheus.' -rfka 'text json ndjson csv html prometheus'
complete -c 'pgsessions' -n '__pgsessions_should_offer_completions_for_flags_or_options "pgsessions audit" json' -l 'json' -d 'Short for --format json.'
complete -c 'pgsessions' -n '__pgsessions_should_offer_completions_for_flags_or_options "pgsessions audit" o' -s 'o' -d 'Write the report to this file, whole or not at all.' -rF
complete -c 'pgsessions' -n '__pgsessions_should_offer_completions_for_flags_or_options "pgsessions audit" color' -l 'color' -d 'When to use colour: auto (default), always or never.' -rfka 'auto always never'
complete -c 'pgsessions' -n '__pgsessions_should_offer_completions_for_flags_or_options "pgsessions audit"' -l 'group-by' -d 'What to group by: application (default), family, user, database, client, state; repeatable.' -rfka 'application family user database client state'
complete -c 'pgsessions' -n '__pgsessions_should_offer_completions_for_flags_or_options "pgsessions audit" buckets' -l 'buckets' -d 'Bounds of the state-age buckets (1m,10m,1h,1d).' -rfka ''
complete -c 'pgsessions' -n '__pgsessions_should_offer_completions_for_flags_or_options "pgsessions audit" input' -l 'input' -d 'Judge a saved JSON report anew, without a server; - is stdin.' -rF
complete -c 'pgsessions' -n '__pgsessions_should_offer_completions_for_flags_or_options "pgsessions audit" earlier' -l 'earlier' -d 'A JSON report of the same server, saved at least 2s and at most the max age before: shows which connections were closed since, and who pings; - is stdin.' -rF
complete -c 'pgsessions' -n '__pgsessions_should_offer_completions_for_flags_or_options "pgsessions audit"' -l 'fail-on' -d 'Exit with 1 where there are suspects, orphans, or slots=90 percent used; repeatable.' -rfka 'suspects orphans slots=90'
complete -c 'pgsessions' -n '__pgsessions_should_offer_completions_for_flags_or_options "pgsessions audit" sessions' -l 'sessions' -d 'List every session with what explains it.'
complete -c 'pgsessions' -n '__pgsessions_should_offer_completions_for_flags_or_options "pgsessions audit" summary' -l 'summary' -d 'Leave the list of sessions out of JSON and HTML; groups as CSV; of several targets the overview alone.'
complete -c 'pgsessions' -n '__pgsessions_should_offer_completions_for_flags_or_options "pgsessions audit" show-query' -l 'show-query' -d 'List the sessions with the text of their last queries.'
complete -c 'pgsessions' -n '__pgsessions_should_offer_completions_for_flags_or_options "pgsessions audit" version' -l 'version' -d 'Show the version.'
complete -c 'pgsessions' -n '__pgsessions_should_offer_completions_for_flags_or_options "pgsessions audit" help' -l 'help' -d 'Show help information.'
complete -c 'pgsessions' -n '__pgsessions_should_offer_completions_for_flags_or_options "pgsessions terminate" h' -s 'h' -d 'Server host, or folder of its socket.' -rfka ''
complete -c 'pgsessions' -n '__pgsessions_should_offer_completions_for_flags_or_options "pgsessions terminate" p' -s 'p' -d 'Server port.' -rfka ''
complete -c 'pgsessions' -n '__pgsessions_should_offer_completions_for_flags_or_options "pgsessions terminate" U' -s 'U' -d 'Role to connect as.' -rfka ''
complete -c 'pgsessions' -n '__pgsessions_should_offer_completions_for_flags_or_options "pgsessions terminate" d' -s 'd' -d 'Database name; as in psql also a URI or \'key=value …\'.' -rfka ''
complete -c 'pgsessions' -n '__pgsessions_should_offer_completions_for_flags_or_options "pgsessions terminate" w' -s 'w' -d 'Never ask for a password.'
complete -c 'pgsessions' -n '__pgsessions_should_offer_completions_for_flags_or_options "pgsessions terminate" url-env' -l 'url-env' -d 'Read the URI from this variable.' -rfka ''
complete -c 'pgsessions' -n '__pgsessions_should_offer_completions_for_flags_or_options "pgsessions terminate" connect-timeout' -l 'connect-timeout' -d 'Give up connecting to a host after this (10s).' -rfka ''
complete -c 'pgsessions' -n '__pgsessions_should_offer_completions_for_flags_or_options "pgsessions terminate" timeout' -l 'timeout' -d 'Give up altogether after this (60s).' -rfka ''
complete -c 'pgsessions' -n '__pgsessions_should_offer_completions_for_flags_or_options "pgsessions terminate" wait-for-slot' -l 'wait-for-slot' -d 'Where no connection slot is free, try again for so long.' -rfka ''
complete -c 'pgsessions' -n '__pgsessions_should_offer_completions_for_flags_or_options "pgsessions terminate" orphans' -l 'orphans' -d 'Sessions whose owner is gone, on evidence.'
complete -c 'pgsessions' -n '__pgsessions_should_offer_completions_for_flags_or_options "pgsessions terminate" suspects' -l 'suspects' -d 'Sessions that look abandoned; quiet pools can look the same.'
complete -c 'pgsessions' -n '__pgsessions_should_offer_completions_for_flags_or_options "pgsessions terminate" idle-longer-than' -l 'idle-longer-than' -d 'Idle sessions with a state age beyond this.' -rfka ''
complete -c 'pgsessions' -n '__pgsessions_should_offer_completions_for_flags_or_options "pgsessions terminate" in-transaction-longer-than' -l 'in-transaction-longer-than' -d 'Sessions idle in transaction, aborted ones too, beyond this.' -rfka ''
complete -c 'pgsessions' -n '__pgsessions_should_offer_completions_for_flags_or_options "pgsessions terminate" active-longer-than' -l 'active-longer-than' -d 'Active sessions with a state age beyond this.' -rfka ''
complete -c 'pgsessions' -n '__pgsessions_should_offer_completions_for_flags_or_options "pgsessions terminate" session-older-than' -l 'session-older-than' -d 'Sessions opened longer ago than this; alone it takes idle ones.' -rfka ''
complete -c 'pgsessions' -n '__pgsessions_should_offer_completions_for_flags_or_options "pgsessions terminate"' -l 'application' -d 'Only this application_name; a glob, repeatable, \'\' for none.' -rfka ''
complete -c 'pgsessions' -n '__pgsessions_should_offer_completions_for_flags_or_options "pgsessions terminate"' -l 'user' -d 'Only sessions of this role; repeatable.' -rfka ''
complete -c 'pgsessions' -n '__pgsessions_should_offer_completions_for_flags_or_options "pgsessions terminate"' -l 'database' -d 'Only sessions in this database; repeatable.' -rfka ''
complete -c 'pgsessions' -n '__pgsessions_should_offer_completions_for_flags_or_options "pgsessions terminate"' -l 'client' -d 'Only sessions from these client addresses; repeatable.' -rfka ''
complete -c 'pgsessions' -n '__pgsessions_should_offer_completions_for_flags_or_options "pgsessions terminate"' -l 'not-application' -d 'None of this application_name; repeatable.' -rfka ''
complete -c 'pgsessions' -n '__pgsessions_should_offer_completions_for_flags_or_options "pgsessions terminate"' -l 'not-user' -d 'None of this role; repeatable.' -rfka ''
complete -c 'pgsessions' -n '__pgsessions_should_offer_completions_for_flags_or_options "pgsessions terminate"' -l 'not-database' -d 'None in this database; repeatable.' -rfka ''
complete -c 'pgsessions' -n '__pgsessions_should_offer_completions_for_flags_or_options "pgsessions terminate"' -l 'not-client' -d 'None from these client addresses; repeatable.' -rfka ''
complete -c 'pgsessions' -n '__pgsessions_should_offer_completions_for_flags_or_options "pgsessions terminate" all-databases' -l 'all-databases' -d 'Sessions of other databases too.'
complete -c 'pgsessions' -n '__pgsessions_should_offer_completions_for_flags_or_options "pgsessions terminate" include-active' -l 'include-active' -d 'Verdicts take active sessions too.'
complete -c 'pgsessions' -n '__pgsessions_should_offer_completions_for_flags_or_options "pgsessions terminate" include-stateful' -l 'include-stateful' -d 'Also what holds locks, temporary tables and the like; by a verdict, a transaction.'
complete -c 'pgsessions' -n '__pgsessions_should_offer_completions_for_flags_or_options "pgsessions terminate" include-pooled' -l 'include-pooled' -d 'Also what a connection pooler keeps open.'
complete -c 'pgsessions' -n '__pgsessions_should_offer_completions_for_flags_or_options "pgsessions terminate" include-backups' -l 'include-backups' -d 'Also what makes or restores a backup, which may then be wrong without an error.'
complete -c 'pgsessions' -n '__pgsessions_should_offer_completions_for_flags_or_options "pgsessions terminate" trust' -l 'trust' -d 'The weakest evidence on which an orphan is ended: roster, declared, inferred (inferred on a terminal that is asked, else declared).' -rfka 'roster declared inferred'
complete -c 'pgsessions' -n '__pgsessions_should_offer_completions_for_flags_or_options "pgsessions terminate" max' -l 'max' -d 'End at most this many of each target, those silent longest first (100).' -rfka ''
complete -c 'pgsessions' -n '__pgsessions_should_offer_completions_for_flags_or_options "pgsessions terminate" max-share' -l 'max-share' -d 'End nothing where suspects and thresholds take 10 or more that are beyond this share of the visible sessions (50).' -rfka ''
complete -c 'pgsessions' -n '__pgsessions_should_offer_completions_for_flags_or_options "pgsessions terminate" keep' -l 'keep' -d 'Keep so many newest of each application_name, orphans aside (0).' -rfka ''
complete -c 'pgsessions' -n '__pgsessions_should_offer_completions_for_flags_or_options "pgsessions terminate" allow-empty' -l 'allow-empty' -d 'End orphans also where none of their application\'s sessions was heard of late.'
complete -c 'pgsessions' -n '__pgsessions_should_offer_completions_for_flags_or_options "pgsessions terminate" execute' -l 'execute' -d 'End the sessions; without it nothing is ended.'
complete -c 'pgsessions' -n '__pgsessions_should_offer_completions_for_flags_or_options "pgsessions terminate" yes' -l 'yes' -d 'Don\'t ask before ending them.'
complete -c 'pgsessions' -n '__pgsessions_should_offer_completions_for_flags_or_options "pgsessions terminate" log' -l 'log' -d 'Write down each step, a line of JSON each; - is stdout, and the report then goes to stderr.' -rF
complete -c 'pgsessions' -n '__pgsessions_should_offer_completions_for_flags_or_options "pgsessions terminate" metrics' -l 'metrics' -d 'Put the figures of the run into this file, as metrics for Prometheus.' -rF
complete -c 'pgsessions' -n '__pgsessions_should_offer_completions_for_flags_or_options "pgsessions terminate" hook' -l 'hook' -d 'Run this in a shell when sessions were ended or the run failed; it reads the JSON.' -rfka ''
complete -c 'pgsessions' -n '__pgsessions_should_offer_completions_for_flags_or_options "pgsessions terminate" hook-timeout' -l 'hook-timeout' -d 'How long the hook may take (10s).' -rfka ''
complete -c 'pgsessions' -n '__pgsessions_should_offer_completions_for_flags_or_options "pgsessions terminate" cancel-first' -l 'cancel-first' -d 'Cancel the queries of active sessions, and end only what goes on all the same.'
complete -c 'pgsessions' -n '__pgsessions_should_offer_completions_for_flags_or_options "pgsessions terminate" grace' -l 'grace' -d 'How long a cancelled query may take to end (5s).' -rfka ''
complete -c 'pgsessions' -n '__pgsessions_should_offer_completions_for_flags_or_options "pgsessions terminate" verify-within' -l 'verify-within' -d 'How long an ended session may take to leave (5s).' -rfka ''
complete -c 'pgsessions' -n '__pgsessions_should_offer_completions_for_flags_or_options "pgsessions terminate" lock' -l 'lock' -d 'Let no two runs end sessions on one server at a time; --no-lock does not look for others.'
complete -c 'pgsessions' -n '__pgsessions_should_offer_completions_for_flags_or_options "pgsessions terminate" no-lock' -l 'no-lock' -d 'Let no two runs end sessions on one server at a time; --no-lock does not look for others.'
complete -c 'pgsessions' -n '__pgsessions_should_offer_completions_for_flags_or_options "pgsessions terminate" policy' -l 'policy' -d 'What this place needs, said once: targets, thresholds, what may be ended; docs/policy.md.' -rF
complete -c 'pgsessions' -n '__pgsessions_should_offer_completions_for_flags_or_options "pgsessions terminate" stale-after' -l 'stale-after' -d 'An idle session silent for this long is suspect (1h).' -rfka ''
complete -c 'pgsessions' -n '__pgsessions_should_offer_completions_for_flags_or_options "pgsessions terminate" restart-grace' -l 'restart-grace' -d 'How long old and new may overlap when something restarts (5m).' -rfka ''
complete -c 'pgsessions' -n '__pgsessions_should_offer_completions_for_flags_or_options "pgsessions terminate"' -l 'max-age' -d 'An application closes its connections at this age (CONN_MAX_AGE); repeatable.' -rfka ''
complete -c 'pgsessions' -n '__pgsessions_should_offer_completions_for_flags_or_options "pgsessions terminate" max-age-slack' -l 'max-age-slack' -d 'How far beyond it a request may last (30s).' -rfka ''
complete -c 'pgsessions' -n '__pgsessions_should_offer_completions_for_flags_or_options "pgsessions terminate"' -l 'pool-size' -d 'The most sessions of it from one address, all processes and pools counted; what is beyond is suspect; repeatable.' -rfka ''
complete -c 'pgsessions' -n '__pgsessions_should_offer_completions_for_flags_or_options "pgsessions terminate"' -l 'instances' -d 'The most instances that may run at once, one-offs and workers included: of each name, or with family:GLOB=N of all that match; repeatable.' -rfka ''
complete -c 'pgsessions' -n '__pgsessions_should_offer_completions_for_flags_or_options "pgsessions terminate"' -l 'restarted-at' -d 'A restart was completed: 2026-11-22T09:41Z, or 10m-ago; repeatable.' -rfka ''
complete -c 'pgsessions' -n '__pgsessions_should_offer_completions_for_flags_or_options "pgsessions terminate" live' -l 'live' -d 'Who is alive: heroku ps --json, kubectl get pods -o json, or lines; - is stdin.' -rF
complete -c 'pgsessions' -n '__pgsessions_should_offer_completions_for_flags_or_options "pgsessions terminate"' -l 'roster-covers' -d 'The roster covers these names or addresses too; repeatable.' -rfka ''
complete -c 'pgsessions' -n '__pgsessions_should_offer_completions_for_flags_or_options "pgsessions terminate" roster-complete' -l 'roster-complete' -d 'The roster has everything that uses this user and database.'
complete -c 'pgsessions' -n '__pgsessions_should_offer_completions_for_flags_or_options "pgsessions terminate" clock-tolerance' -l 'clock-tolerance' -d 'How far clocks may differ from the server\'s (30s).' -rfka ''
complete -c 'pgsessions' -n '__pgsessions_should_offer_completions_for_flags_or_options "pgsessions terminate"' -l 'shared-address' -d 'Many instances share these addresses (NAT, proxies); repeatable.' -rfka ''
complete -c 'pgsessions' -n '__pgsessions_should_offer_completions_for_flags_or_options "pgsessions terminate"' -l 'pooler' -d 'A connection pooler has these addresses; repeatable.' -rfka ''
complete -c 'pgsessions' -n '__pgsessions_should_offer_completions_for_flags_or_options "pgsessions terminate"' -l 'one-instance' -d 'Whether a name means one instance at a time; repeatable.' -rfka 'yes no'
complete -c 'pgsessions' -n '__pgsessions_should_offer_completions_for_flags_or_options "pgsessions terminate"' -l 'family' -d 'Names that match are one family, whatever their form; repeatable.' -rfka ''
complete -c 'pgsessions' -n '__pgsessions_should_offer_completions_for_flags_or_options "pgsessions terminate" format' -l 'format' -d 'The form of the report: text (default), json, ndjson; audit also csv, html, prometheus.' -rfka 'text json ndjson csv html prometheus'
complete -c 'pgsessions' -n '__pgsessions_should_offer_completions_for_flags_or_options "pgsessions terminate" json' -l 'json' -d 'Short for --format json.'
complete -c 'pgsessions' -n '__pgsessions_should_offer_completions_for_flags_or_options "pgsessions terminate" o' -s 'o' -d 'Write the report to this file, whole or not at all.' -rF
complete -c 'pgsessions' -n '__pgsessions_should_offer_completions_for_flags_or_options "pgsessions terminate" color' -l 'color' -d 'When to use colour: auto (default), always or never.' -rfka 'auto always never'
complete -c 'pgsessions' -n '__pgsessions_should_offer_completions_for_flags_or_options "pgsessions terminate" sql' -l 'sql' -d 'Print the plan as SQL for somebody who may carry it out, and end nothing.'
complete -c 'pgsessions' -n '__pgsessions_should_offer_completions_for_flags_or_options "pgsessions terminate" quiet' -l 'quiet' -d 'Say nothing where nothing is to be said, else a line for each session.'
complete -c 'pgsessions' -n '__pgsessions_should_offer_completions_for_flags_or_options "pgsessions terminate" version' -l 'version' -d 'Show the version.'
complete -c 'pgsessions' -n '__pgsessions_should_offer_completions_for_flags_or_options "pgsessions terminate" help' -l 'help' -d 'Show help information.'
complete -c 'pgsessions' -n '__pgsessions_should_offer_completions_for_flags_or_options "pgsessions doctor" h' -s 'h' -d 'Server host, or folder of its socket.' -rfka ''
complete -c 'pgsessions' -n '__pgsessions_should_offer_completions_for_flags_or_options "pgsessions doctor" p' -s 'p' -d 'Server port.' -rfka ''
complete -c 'pgsessions' -n '__pgsessions_should_offer_completions_for_flags_or_options "pgsessions doctor" U' -s 'U' -d 'Role to connect as.' -rfka ''
complete -c 'pgsessions' -n '__pgsessions_should_offer_completions_for_flags_or_options "pgsessions doctor" d' -s 'd' -d 'Database name; as in psql also a URI or \'key=value …\'.' -rfka ''
complete -c 'pgsessions' -n '__pgsessions_should_offer_completions_for_flags_or_options "pgsessions doctor" w' -s 'w' -d 'Never ask for a password.'
complete -c 'pgsessions' -n '__pgsessions_should_offer_completions_for_flags_or_options "pgsessions doctor" url-env' -l 'url-env' -d 'Read the URI from this variable.' -rfka ''
complete -c 'pgsessions' -n '__pgsessions_should_offer_completions_for_flags_or_options "pgsessions doctor" connect-timeout' -l 'connect-timeout' -d 'Give up connecting to a host after this (10s).' -rfka ''
complete -c 'pgsessions' -n '__pgsessions_should_offer_completions_for_flags_or_options "pgsessions doctor" timeout' -l 'timeout' -d 'Give up altogether after this (60s).' -rfka ''
complete -c 'pgsessions' -n '__pgsessions_should_offer_completions_for_flags_or_options "pgsessions doctor" wait-for-slot' -l 'wait-for-slot' -d 'Where no connection slot is free, try again for so long.' -rfka ''
complete -c 'pgsessions' -n '__pgsessions_should_offer_completions_for_flags_or_options "pgsessions doctor" policy' -l 'policy' -d 'What this place needs, said once: targets, thresholds, what may be ended; docs/policy.md.' -rF
complete -c 'pgsessions' -n '__pgsessions_should_offer_completions_for_flags_or_options "pgsessions doctor" stale-after' -l 'stale-after' -d 'An idle session silent for this long is suspect (1h).' -rfka ''
complete -c 'pgsessions' -n '__pgsessions_should_offer_completions_for_flags_or_options "pgsessions doctor" restart-grace' -l 'restart-grace' -d 'How long old and new may overlap when something restarts (5m).' -rfka ''
complete -c 'pgsessions' -n '__pgsessions_should_offer_completions_for_flags_or_options "pgsessions doctor"' -l 'max-age' -d 'An application closes its connections at this age (CONN_MAX_AGE); repeatable.' -rfka ''
complete -c 'pgsessions' -n '__pgsessions_should_offer_completions_for_flags_or_options "pgsessions doctor" max-age-slack' -l 'max-age-slack' -d 'How far beyond it a request may last (30s).' -rfka ''
complete -c 'pgsessions' -n '__pgsessions_should_offer_completions_for_flags_or_options "pgsessions doctor"' -l 'pool-size' -d 'The most sessions of it from one address, all processes and pools counted; what is beyond is suspect; repeatable.' -rfka ''
complete -c 'pgsessions' -n '__pgsessions_should_offer_completions_for_flags_or_options "pgsessions doctor"' -l 'instances' -d 'The most instances that may run at once, one-offs and workers included: of each name, or with family:GLOB=N of all that match; repeatable.' -rfka ''
complete -c 'pgsessions' -n '__pgsessions_should_offer_completions_for_flags_or_options "pgsessions doctor"' -l 'restarted-at' -d 'A restart was completed: 2026-11-22T09:41Z, or 10m-ago; repeatable.' -rfka ''
complete -c 'pgsessions' -n '__pgsessions_should_offer_completions_for_flags_or_options "pgsessions doctor" live' -l 'live' -d 'Who is alive: heroku ps --json, kubectl get pods -o json, or lines; - is stdin.' -rF
complete -c 'pgsessions' -n '__pgsessions_should_offer_completions_for_flags_or_options "pgsessions doctor"' -l 'roster-covers' -d 'The roster covers these names or addresses too; repeatable.' -rfka ''
complete -c 'pgsessions' -n '__pgsessions_should_offer_completions_for_flags_or_options "pgsessions doctor" roster-complete' -l 'roster-complete' -d 'The roster has everything that uses this user and database.'
complete -c 'pgsessions' -n '__pgsessions_should_offer_completions_for_flags_or_options "pgsessions doctor" clock-tolerance' -l 'clock-tolerance' -d 'How far clocks may differ from the server\'s (30s).' -rfka ''
complete -c 'pgsessions' -n '__pgsessions_should_offer_completions_for_flags_or_options "pgsessions doctor"' -l 'shared-address' -d 'Many instances share these addresses (NAT, proxies); repeatable.' -rfka ''
complete -c 'pgsessions' -n '__pgsessions_should_offer_completions_for_flags_or_options "pgsessions doctor"' -l 'pooler' -d 'A connection pooler has these addresses; repeatable.' -rfka ''
complete -c 'pgsessions' -n '__pgsessions_should_offer_completions_for_flags_or_options "pgsessions doctor"' -l 'one-instance' -d 'Whether a name means one instance at a time; repeatable.' -rfka 'yes no'
complete -c 'pgsessions' -n '__pgsessions_should_offer_completions_for_flags_or_options "pgsessions doctor"' -l 'family' -d 'Names that match are one family, whatever their form; repeatable.' -rfka ''
complete -c 'pgsessions' -n '__pgsessions_should_offer_completions_for_flags_or_options "pgsessions doctor" format' -l 'format' -d 'The form of the report: text (default), json, ndjson; audit also csv, html, prometheus.' -rfka 'text json ndjson csv html prometheus'
complete -c 'pgsessions' -n '__pgsessions_should_offer_completions_for_flags_or_options "pgsessions doctor" json' -l 'json' -d 'Short for --format json.'
complete -c 'pgsessions' -n '__pgsessions_should_offer_completions_for_flags_or_options "pgsessions doctor" o' -s 'o' -d 'Write the report to this file, whole or not at all.' -rF
complete -c 'pgsessions' -n '__pgsessions_should_offer_completions_for_flags_or_options "pgsessions doctor" color' -l 'color' -d 'When to use colour: auto (default), always or never.' -rfka 'auto always never'
complete -c 'pgsessions' -n '__pgsessions_should_offer_completions_for_flags_or_options "pgsessions doctor" sql' -l 'sql' -d 'Print just the SQL; what this role may not run, as comments.'
complete -c 'pgsessions' -n '__pgsessions_should_offer_completions_for_flags_or_options "pgsessions doctor" role' -l 'role' -d 'Print the SQL for a role with just the rights that pgsessions needs.' -rfka ''
complete -c 'pgsessions' -n '__pgsessions_should_offer_completions_for_flags_or_options "pgsessions doctor" version' -l 'version' -d 'Show the version.'
complete -c 'pgsessions' -n '__pgsessions_should_offer_completions_for_flags_or_options "pgsessions doctor" help' -l 'help' -d 'Show help information.'
complete -c 'pgsessions' -n '__pgsessions_should_offer_completions_for_flags_or_options "pgsessions policy" version' -l 'version' -d 'Show the version.'
complete -c 'pgsessions' -n '__pgsessions_should_offer_completions_for_flags_or_options "pgsessions policy" help' -l 'help' -d 'Show help information.'
complete -c 'pgsessions' -n '__pgsessions_should_offer_completions_for_positional "pgsessions policy" -eq 1' -fa 'check' -d 'Name every error of a policy file, with line and key.'
complete -c 'pgsessions' -n '__pgsessions_should_offer_completions_for_positional "pgsessions policy" -eq 1' -fa 'show' -d 'Show what holds by a policy file, and which line says it.'
complete -c 'pgsessions' -n '__pgsessions_should_offer_completions_for_positional "pgsessions policy check" -eq 1' -F
complete -c 'pgsessions' -n '__pgsessions_should_offer_completions_for_flags_or_options "pgsessions policy check" version' -l 'version' -d 'Show the version.'
complete -c 'pgsessions' -n '__pgsessions_should_offer_completions_for_flags_or_options "pgsessions policy check" help' -l 'help' -d 'Show help information.'
complete -c 'pgsessions' -n '__pgsessions_should_offer_completions_for_positional "pgsessions policy show" -eq 1' -F
complete -c 'pgsessions' -n '__pgsessions_should_offer_completions_for_flags_or_options "pgsessions policy show" user' -l 'user' -d 'Sessions of this role.' -rfka ''
complete -c 'pgsessions' -n '__pgsessions_should_offer_completions_for_flags_or_options "pgsessions policy show" database' -l 'database' -d 'Sessions in this database.' -rfka ''
complete -c 'pgsessions' -n '__pgsessions_should_offer_completions_for_flags_or_options "pgsessions policy show" version' -l 'version' -d 'Show the version.'
complete -c 'pgsessions' -n '__pgsessions_should_offer_completions_for_flags_or_options "pgsessions policy show" help' -l 'help' -d 'Show help information.'
complete -c 'pgsessions' -n '__pgsessions_should_offer_completions_for_flags_or_options "pgsessions help" version' -l 'version' -d 'Show the version.'
