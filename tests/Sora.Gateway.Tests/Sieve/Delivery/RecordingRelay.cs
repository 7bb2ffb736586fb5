using System.Buffers;
using System.Collections.Concurrent;
using System.Text;
using Sora.Contracts;
using Sora.Mailstore.Relay;
using Sora.Testing;

namespace Sora.Gateway.Tests.Sieve.Delivery;

/// <summary>What was given to the relay, and what it said; text as Latin-1.</summary>
internal sealed record Relayed(RelayRequest Request, string Text, RelayStatus Status)
{
    public string To => string.Join(", ", Request.Recipients.Select(static recipient => recipient.Address));

    /// <summary>The values of a header field.</summary>
    public string[] Field(string name) =>
    [
        .. Text[..Text.IndexOf("\r\n\r\n", StringComparison.Ordinal)].Replace("\r\n ", " ", StringComparison.Ordinal).Replace("\r\n\t", " ", StringComparison.Ordinal)
            .Split("\r\n").Where(line => line.StartsWith($"{name}:", StringComparison.OrdinalIgnoreCase)).Select(line => line[(name.Length + 1)..].Trim()),
    ];
}

/// <summary>The real queue, with a record of what went in, and with faults that a test orders.</summary>
internal sealed class RecordingRelay(MailstoreNode node) : IRelay, IDisposable
{
    private readonly RelayQueue _queue = new(
        node.Database, new RelayLimits(true, 64 << 20, 100, 100_000, 200, 1000, 50, TimeSpan.FromDays(5)), node.Metrics, TimeProvider.System);

    private readonly ConcurrentQueue<Relayed> _all = [];

    /// <summary>What is said to the next requests of an account instead of asking the queue.</summary>
    public ConcurrentDictionary<AccountId, RelayStatus> Answers { get; } = [];

    /// <summary>After a request of this account was queued, the delivery fails as though the process had died.</summary>
    public ConcurrentDictionary<AccountId, bool> DieAfterwards { get; } = [];

    /// <summary>Senders whose reports cannot be queued.</summary>
    public ConcurrentDictionary<string, bool> Failing { get; } = [];

    public void Dispose() => _queue.Dispose();

    public IReadOnlyList<Relayed> Of(AccountId account) => [.. _all.Where(one => one.Request.Account == account)];

    public IReadOnlyList<Relayed> To(string address) => [.. _all.Where(one => one.Request.Recipients.Any(recipient => recipient.Address == address))];

    public async Task<RelayStatus> EnqueueAsync(RelayRequest request, CancellationToken cancellationToken)
    {
        if (Failing.ContainsKey(request.Recipients[0].Address))
            throw new IOException("the database is away");
        if (Answers.TryGetValue(request.Account, out var answer))
        {
            _all.Enqueue(new Relayed(request, "", answer));
            return answer;
        }

        var bytes = new ArrayBufferWriter<byte>();
        bytes.Write(request.Prefix.Span);
        var status = await _queue.EnqueueAsync(request with { Rest = request.Rest is { } rest ? ReadAsync : null }, cancellationToken);
        _all.Enqueue(new Relayed(request, Encoding.Latin1.GetString(bytes.WrittenSpan), status));
        if (DieAfterwards.TryRemove(request.Account, out _))
            throw new IOException("the process died here");
        return status;

        async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken token)
        {
            var count = await rest(buffer, token);
            bytes.Write(buffer.Span[..count]);
            return count;
        }
    }
}
