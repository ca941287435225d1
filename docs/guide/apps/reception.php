<?php
// A reception: asks callers whom they want, connects them, and says so when nobody answers.
//   SIGNING_SECRET=whsec_… PHP_CLI_SERVER_WORKERS=4 php -S 127.0.0.1:9000 reception.php
// or behind any web server that hands all paths to this file.
declare(strict_types=1);

function setting(string $name, string $default): string
{
    return getenv($name) ?: $default;
}

function isSigned(string $body): bool
{
    $secret = base64_decode(preg_replace('/^whsec_/', '', setting('SIGNING_SECRET', '')), true);
    $id = $_SERVER['HTTP_WEBHOOK_ID'] ?? '';
    $timestamp = $_SERVER['HTTP_WEBHOOK_TIMESTAMP'] ?? '';
    if (!$secret || !ctype_digit($timestamp) || abs(time() - (int) $timestamp) > 300) {
        return false;
    }
    $expected = 'v1,' . base64_encode(hash_hmac('sha256', "$id.$timestamp.$body", $secret, true));
    // Two signatures while a secret is being replaced; one that fits is enough.
    foreach (explode(' ', $_SERVER['HTTP_WEBHOOK_SIGNATURE'] ?? '') as $signature) {
        if (hash_equals($expected, $signature)) {
            return true;
        }
    }
    return false;
}

function menu(string $publicUrl): array
{
    $prompts = "'say:For sales, press 1. For support, press 2.' 'say:Pardon?'";
    return [
        ['application' => 'answer'],
        ['application' => 'set', 'data' => 'tts_engine=flite'],
        ['application' => 'set', 'data' => 'tts_voice=slt'],
        ['application' => 'play_and_get_digits', 'data' => "1 1 2 4000 # $prompts digits ^[12]\$"],
        ['application' => 'cti_curl', 'data' => "$publicUrl/calls/choice"],
    ];
}

function choice(array $call, string $publicUrl): array
{
    $desk = match ($call['variables']['digits'] ?? '') {
        '1' => setting('SALES', 'user/10001'),
        '2' => setting('SUPPORT', 'user/10002'),
        default => 'user/operator',
    };
    return [
        ['application' => 'bridge', 'data' => $desk, 'timeout_ms' => 20000, 'id' => 'desk'],
        ['application' => 'cti_curl', 'data' => "$publicUrl/calls/after"],
    ];
}

function after(array $call): array
{
    if (($call['variables']['originate_disposition'] ?? '') === 'SUCCESS') {
        return [['application' => 'hangup']];
    }
    return [
        ['application' => 'playback', 'data' => 'say:Nobody is there. Please call again.'],
        ['application' => 'hangup', 'data' => 'NO_ANSWER'],
    ];
}

function logEvent(array $event): void
{
    // May come twice: whoever counts or charges remembers its 'id'.
    error_log("{$event['type']} {$event['call']['uuid']} " . json_encode($event['data']));
}

function answer(int $status, ?array $actions = null): never
{
    http_response_code($status);
    if ($actions !== null) {
        header('Content-Type: application/json');
        echo json_encode($actions);
    }
    exit;
}

if ($_SERVER['REQUEST_METHOD'] !== 'POST') {
    answer(405);
}
$body = file_get_contents('php://input', length: 64 * 1024 + 1);
if (strlen($body) > 64 * 1024) {
    answer(413);
}
if (!isSigned($body)) {
    answer(401);
}
$asked = json_decode($body, true);
if (!is_array($asked)) {
    answer(400);
}
$publicUrl = setting('PUBLIC_URL', 'http://127.0.0.1:9000');
switch (parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH)) {
    case '/calls':
        answer(200, menu($publicUrl));
    case '/calls/choice':
        answer(200, choice($asked, $publicUrl));
    case '/calls/after':
        answer(200, after($asked));
    case '/events':
        logEvent($asked);
        answer(204);
    default:
        answer(404);
}
