using Sora.Contracts;
using Sora.Sieve;

namespace Sora.Gateway.Sieve;

/// <summary>Messages that scripts have made or changed, staged until they are stored.</summary>
internal sealed class MadeMessages(IIntakes intakes) : IAsyncDisposable
{
    private const int CopyBuffer = 64 * 1024;

    private readonly List<IngestedMessage> _made = [];

    /// <summary>Stages a message of a header and a body; without one of its own it has the body of another message.</summary>
    /// <exception cref="ScriptsUnavailableException">It cannot be staged now.</exception>
    public async ValueTask<IngestedMessage> TakeAsync(ReadOnlyMemory<byte> header, ReadOnlyMemory<byte>? body, SieveMessage other, CancellationToken cancellationToken)
    {
        await using var intake = intakes.Begin(long.MaxValue, header.Length + (body?.Length ?? other.Size), keepNuls: true);
        await intake.WriteAsync(header, cancellationToken);
        if (body is { } own)
        {
            await intake.WriteAsync(own, cancellationToken);
        }
        else
        {
            await CopyAsync(other, other.Root.BodyStart, intake, cancellationToken);
        }

        return Keep(await intake.CompleteAsync(cancellationToken));
    }

    /// <summary>Stages another message as it is.</summary>
    /// <exception cref="ScriptsUnavailableException">It cannot be staged now.</exception>
    public async ValueTask<IngestedMessage> TakeAsync(SieveMessage other, CancellationToken cancellationToken)
    {
        await using var intake = intakes.Begin(long.MaxValue, other.Size, keepNuls: true);
        await CopyAsync(other, 0, intake, cancellationToken);
        return Keep(await intake.CompleteAsync(cancellationToken));
    }

    /// <summary>Stages a whole message.</summary>
    /// <exception cref="ScriptsUnavailableException">It cannot be staged now.</exception>
    public async ValueTask<IngestedMessage> TakeAsync(ReadOnlyMemory<byte> message, CancellationToken cancellationToken)
    {
        await using var intake = intakes.Begin(long.MaxValue, message.Length);
        await intake.WriteAsync(message, cancellationToken);
        return Keep(await intake.CompleteAsync(cancellationToken));
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var message in _made)
            await message.DisposeAsync();
    }

    private static async ValueTask CopyAsync(SieveMessage message, long from, IMessageIntake intake, CancellationToken cancellationToken)
    {
        var buffer = new byte[CopyBuffer];
        var at = from;
        for (int count; (count = await message.ReadAsync(at, buffer, cancellationToken)) > 0; at += count)
            await intake.WriteAsync(buffer.AsMemory(0, count), cancellationToken);
    }

    private IngestedMessage Keep(MailResult<IngestedMessage> message)
    {
        if (!message.IsOk)
            throw new ScriptsUnavailableException(message.Error);
        _made.Add(message.Value);
        return message.Value;
    }
}
