<?php
// Run: mock-server exec -- php poll.php
//
// A PHP client of Qiniu's status API, without an SDK, tested against a mock server. It moves the task's time on instead
// of sleeping. Prints one line for each check; exits with 1 if one fails.
declare(strict_types=1);

/** Status and decoded body of a request; [0, null] if there was no response. */
function request(string $url, ?array $body = null): array
{
    $http = ['ignore_errors' => true, 'timeout' => 10];
    if ($body !== null) {
        $http += ['method' => 'POST', 'header' => 'Content-Type: application/json', 'content' => json_encode($body)];
    }
    $text = @file_get_contents($url, false, stream_context_create(['http' => $http]));
    $status = isset($http_response_header[0]) ? (int) explode(' ', $http_response_header[0])[1] : 0;
    return [$status, $text === false ? null : json_decode($text, true)];
}

/** The job as it ended. A status of 500 or more, an unreadable body and a lost connection are temporary. */
function waitFor(string $base, string $id, callable $sleep, int $polls = 10): array
{
    for ($pause = 1; $polls > 0; $polls--, $pause = min(2 * $pause, 30)) {
        [$status, $job] = request("$base/status/get/prefop?id=" . rawurlencode($id));
        if ($status >= 400 && $status < 500) {
            throw new RuntimeException("$id: status $status");
        }
        if ($status === 200 && isset($job['code']) && in_array($job['code'], [0, 3], true)) {
            return $job;
        }
        $sleep($pause);
    }
    throw new RuntimeException("$id did not end");
}

function admin(string $path, array $body): array
{
    [$status, $found] = request(getenv('MOCK_SERVER_ADMIN_URL') . "/__admin/$path", $body);
    if ($status < 200 || $status >= 300) {
        throw new RuntimeException("$path: " . json_encode($found));
    }
    return $found;
}

function check(string $scenario, array $expected): void
{
    $id = admin('tasks', ['vendor' => 'qiniu', 'scenario' => $scenario])['id'];
    $sleep = fn (int $pause) => admin('tasks/shift', ['vendor' => 'qiniu', 'id' => $id, 'by' => "{$pause}s"]);
    $job = waitFor(getenv('MOCK_SERVER_URL'), $id, $sleep);
    admin('requests/verify', ['where' => ['id' => $id]] + $expected);
    echo "$scenario: ended with code {$job['code']}\n";
}

try {
    check('outage-then-recovery', ['statuses' => [200, 599, 599, 200]]);
    check('partial-failure', ['count' => 3, 'cadence' => ['polls_after_end' => 0]]);
} catch (RuntimeException $error) {
    fwrite(STDERR, $error->getMessage() . "\n");
    exit(1);
}
