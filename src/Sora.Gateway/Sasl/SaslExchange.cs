using Sora.Contracts;

namespace Sora.Gateway.Sasl;

/// <summary>Carries a mechanism's exchange over a protocol's channel, from the initial response to the end: the same for all protocols.</summary>
internal static class SaslExchange
{
    // More than any mechanism here has; a mechanism that asks for ever is a mistake
    private const int MaxRounds = 8;

    /// <summary>Runs the exchange.</summary>
    /// <param name="initialResponse">In base64 as the client sent it; null for none. The protocol has turned its sign for an empty one into that.</param>
    public static async ValueTask<SaslOutcome> RunAsync(
        SaslMechanism mechanism, ISaslChannel channel, byte[]? initialResponse, CancellationToken cancellationToken)
    {
        byte[]? response = null;
        if (initialResponse is not null)
        {
            if (!mechanism.IsClientFirst)
            {
                // What the client says before it is asked is the answer to the first question (LOGIN)
                var first = await mechanism.StepAsync(null, cancellationToken).ConfigureAwait(false);
                if (first.Challenge is null)
                    return await EndAsync(first, channel, cancellationToken).ConfigureAwait(false);
            }

            if (Decode(initialResponse, out response) is { } refused)
                return refused;
        }
        else if (mechanism.IsClientFirst)
        {
            if (Decode(await channel.AskAsync(default, cancellationToken).ConfigureAwait(false), out response) is { } refused)
                return refused;
        }

        for (var round = 0; round < MaxRounds; round++)
        {
            var step = await mechanism.StepAsync(response, cancellationToken).ConfigureAwait(false);
            if (step.Challenge is not { } challenge)
                return await EndAsync(step, channel, cancellationToken).ConfigureAwait(false);
            if (Decode(await channel.AskAsync(challenge, cancellationToken).ConfigureAwait(false), out response) is { } refused)
                return refused;
        }

        return SaslOutcome.Malformed("The exchange does not come to an end");
    }

    private static async ValueTask<SaslOutcome> EndAsync(SaslStep step, ISaslChannel channel, CancellationToken cancellationToken)
    {
        if (step.Error is { } error)
        {
            if (step.FailureData is { } reason)
            {
                // Whatever the client answers, the exchange has failed
                var ignored = await channel.AskAsync(reason, cancellationToken).ConfigureAwait(false);
                if (ignored.Status == SaslAnswerStatus.SessionEnded)
                    return new SaslOutcome(SaslEnd.SessionEnded);
            }

            return error.Code == MailErrorCode.ClientBug ? SaslOutcome.Malformed(error.Text) : new SaslOutcome(SaslEnd.Refused, Error: error);
        }

        if (step.SuccessData is not { } data || channel.SuccessCarriesData)
            return new SaslOutcome(SaslEnd.Succeeded, step.Identity, step.SuccessData, Expires: step.Expires);
        if (Decode(await channel.AskAsync(data, cancellationToken).ConfigureAwait(false), out var response) is { } refused)
            return refused; // a client that does not believe the server gives up here
        return response!.Length == 0
            ? new SaslOutcome(SaslEnd.Succeeded, step.Identity, Expires: step.Expires)
            : SaslOutcome.Malformed("The mechanism is at its end and wants no more data");
    }

    private static SaslOutcome? Decode(SaslAnswer answer, out byte[]? response)
    {
        response = null;
        return answer.Status switch
        {
            SaslAnswerStatus.SessionEnded => new SaslOutcome(SaslEnd.SessionEnded),
            SaslAnswerStatus.TooLong => SaslOutcome.Malformed("Response is too long"),
            SaslAnswerStatus.Malformed => SaslOutcome.Malformed("Response is malformed"),
            _ => Decode(answer.Text, out response),
        };
    }

    private static SaslOutcome? Decode(byte[] text, out byte[]? response)
    {
        response = null;
        if (SaslResponse.IsCancel(text))
            return new SaslOutcome(SaslEnd.Cancelled);
        return SaslResponse.TryDecode(text, out response) ? null : SaslOutcome.Malformed("Response is not base64");
    }
}
