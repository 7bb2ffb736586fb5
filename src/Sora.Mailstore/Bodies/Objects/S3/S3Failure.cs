using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;
using Amazon.Runtime;

namespace Sora.Mailstore.Bodies.Objects.S3;

/// <summary>What the SDK's exceptions mean.</summary>
internal static class S3Failure
{
    /// <summary>Null for what is not S3's doing: it is to be thrown as it is.</summary>
    /// <param name="isTimeout">The attempt's time is over; whatever the exception says comes of that.</param>
    public static S3Exception? Translate(Exception e, string what, bool isTimeout)
    {
        if (isTimeout)
            return new S3Exception(S3Trouble.Outage, $"S3 gave no answer in time to {what}", e) { Code = "Timeout" };
        return e switch
        {
            S3Exception known => known,
            AmazonServiceException answer when (int)answer.StatusCode >= 300 => Answer(answer, what),
            AmazonClientException none when none.Message.Contains("credential", StringComparison.OrdinalIgnoreCase) || none.Message.Contains("profile", StringComparison.OrdinalIgnoreCase) =>
                new S3Exception(S3Trouble.Refused, $"There are no credentials for S3: {none.Message.ReplaceLineEndings(" ")}", e) { Code = "NoCredentials" },
            _ when IsConnection(e) => new S3Exception(S3Trouble.Outage, $"S3 cannot be reached for {what}: {Innermost(e)}", e),
            _ => null,
        };
    }

    /// <summary>The failure of TLS behind an exception, if there is one.</summary>
    public static AuthenticationException? Tls(Exception? e)
    {
        for (; e is not null; e = e.InnerException)
        {
            if (e is AuthenticationException tls)
                return tls;
        }

        return null;
    }

    public static string Innermost(Exception e) => Tls(e)?.Message ?? e.GetBaseException().Message.ReplaceLineEndings(" ");

    private static S3Exception Answer(AmazonServiceException answer, string what)
    {
        var code = string.IsNullOrEmpty(answer.ErrorCode) ? $"{(int)answer.StatusCode}" : answer.ErrorCode;
        var text = answer.InnerException is null || string.IsNullOrWhiteSpace(answer.Message) || answer.Message.StartsWith("Error making request", StringComparison.Ordinal)
            ? "" : ": " + answer.Message.ReplaceLineEndings(" ").Trim();
        var trouble = TroubleOf(answer.StatusCode, code);
        var verb = trouble == S3Trouble.Outage ? "failed" : "refused";
        return new S3Exception(trouble, $"S3 {verb} {what}: {code} ({(int)answer.StatusCode}){text}", answer) { Code = code, Status = answer.StatusCode };
    }

    private static S3Trouble TroubleOf(HttpStatusCode status, string code) => code switch
    {
        // A server that checks what came finds it to be other than what was signed
        "BadDigest" or "XAmzContentSHA256Mismatch" or "InvalidDigest" or "XAmzContentChecksumMismatch" or "IncompleteBody" or "SignatureDoesNotMatch" => S3Trouble.Damaged,
        "SlowDown" or "RequestTimeout" or "ServiceUnavailable" or "InternalError" or "Throttling" or "OperationAborted" => S3Trouble.Outage,
        _ => (int)status >= 500 || status is HttpStatusCode.TooManyRequests or HttpStatusCode.RequestTimeout ? S3Trouble.Outage : S3Trouble.Refused,
    };

    private static bool IsConnection(Exception e) =>
        e is HttpRequestException or SocketException or IOException or TimeoutException or AmazonClientException or AuthenticationException or OperationCanceledException
            or System.Xml.XmlException or ObjectDisposedException or WebException;
}
