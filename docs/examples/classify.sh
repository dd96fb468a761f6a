#!/bin/sh
# API_URL=https://... API_KEY=rk_... sh classify.sh
set -eu
answer=$(mktemp)
trap 'rm -f "$answer"' EXIT

# call METHOD PATH [BODY]: prints the answer. curl retries automatically after 429, 500, 502, 503, 504 and a time-out,
# and waits as long as `retry-after` says; with the same idempotency-key a retry is the same request.
call() {
    status=0
    key=$(od -A n -N 16 -t x1 /dev/urandom | tr -d ' \n')
    curl --silent --show-error --fail-with-body --retry 4 --retry-max-time 60 --max-time 30 --output "$answer" \
        --request "$1" "${API_URL%/}$2" --header "x-api-key: $API_KEY" --header "idempotency-key: $key" \
        ${3:+--header "content-type: application/json" --data "$3"} || status=$?
    cat "$answer"
    echo
    return "$status"
}

# field NAME: a text of the last answer (with jq: jq -r .NAME).
field() {
    sed -n "s/.*\"$1\":\"\([^\"]*\)\".*/\1/p" "$answer"
}

call POST /v1/classify '{"inputs": "Shares rally as the central bank holds rates"}'
request_id=$(field request_id) label=$(field predicted_label)
call POST /v1/feedback "{\"request_id\": \"$request_id\", \"label\": \"$label\"}"
call GET "/v1/requests/$request_id"

# The answer says what is wrong with a request: this one has no text.
call POST /v1/classify '{"inputs": []}' || echo "curl ended with $?"
