# sh dynos.sh APP: the dynos of an app as `heroku ps --json` prints them, with curl alone.
# HEROKU_API_KEY: of `heroku authorizations:create --scope read`.
# What is no whole list is an error, and without a list nothing is ended.
set -eu
answer=$(
  printf 'Authorization: Bearer %s\n' "$HEROKU_API_KEY" |
    curl --silent --show-error --max-time 20 --header @- \
      --header 'Accept: application/vnd.heroku+json; version=3' --header 'Range: id ..; max=1000' \
      --write-out '\n%{http_code}' "https://api.heroku.com/apps/$1/dynos"
)
status=${answer##*
}
# 206: there are more.
if [ "$status" != 200 ]; then
  echo "dynos.sh: the API answers with status $status" >&2
  exit 1
fi
printf '%s\n' "${answer%
*}"
