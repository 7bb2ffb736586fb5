using System.Collections.Concurrent;
using System.Text;
using Sora.Contracts;

namespace Sora.Gateway.Tests.Lmtp;

/// <summary>What arrived for one recipient, text as Latin-1.</summary>
internal sealed record Arrival(string ReversePath, DeliveryRecipient Recipient, string Received, string Body, ContentHash Hash);

/// <summary>The engine's three ports that LMTP uses, in memory, with faults that a test can order.</summary>
internal sealed class MemoryStore : IAccounts, IIntakes, IDelivery
{
    private readonly Dictionary<string, AccountIdentity> _accounts = new(StringComparer.OrdinalIgnoreCase);
    private int _openIntakes;
    private int _intakes;

    public ConcurrentQueue<Arrival> Arrivals { get; } = [];

    /// <summary>Called for each recipient: null to store.</summary>
    public Func<DeliveryRecipient, MailError?> Verdict { get; set; } = _ => null;

    public MailError? StagingError { get; set; }

    public bool ThrowOnWrite { get; set; }

    /// <summary>A delivery waits for it.</summary>
    public Task Gate { get; set; } = Task.CompletedTask;

    /// <summary>Intakes and messages not disposed yet.</summary>
    public int OpenIntakes => Volatile.Read(ref _openIntakes);

    /// <summary>Intakes ever begun.</summary>
    public int Intakes => Volatile.Read(ref _intakes);

    public long LastSizeHint { get; private set; }

    public void Add(string address, string? primary = null) =>
        _accounts[address] = new AccountIdentity(new AccountId(_accounts.Count + 1), primary ?? address);

    public IAccount Get(AccountId id) => throw new NotSupportedException();

    public IDisposable Subscribe(AccountId id, IAccountSubscriber subscriber) => throw new NotSupportedException();

    public ValueTask<MailResult<AccountIdentity>> AuthenticateAsync(LoginRequest login, string password, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public ValueTask<MailResult<ScramChallenge>> FindScramAsync(LoginRequest login, ScramHashes hash, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public ValueTask<MailResult<AccountIdentity>> ConfirmScramAsync(LoginRequest login, ScramKeys proven, CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask<MailResult<AccountIdentity>> AdmitAsync(LoginRequest login, CancellationToken cancellationToken) => throw new NotSupportedException();

    public IDisposable Watch(AccountIdentity identity, IAccountSubscriber subscriber) => throw new NotSupportedException();

    public ValueTask<bool> MayGoOnAsync(AccountIdentity identity, CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask<ScramHashes> ScramForAllAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

    public async ValueTask<AccountIdentity?> FindAsync(string address, CancellationToken cancellationToken)
    {
        await Task.Yield();
        if (address.StartsWith("broken@", StringComparison.Ordinal))
            throw new InvalidOperationException("no database");
        return _accounts.GetValueOrDefault(address);
    }

    public IMessageIntake Begin(long maxSize, long sizeHint = 0, bool keepNuls = false)
    {
        Interlocked.Increment(ref _openIntakes);
        Interlocked.Increment(ref _intakes);
        LastSizeHint = sizeHint;
        return new Intake(this);
    }

    public async Task<IReadOnlyList<DeliveryOutcome>> DeliverAsync(DeliveryRequest request, CancellationToken cancellationToken)
    {
        await Gate.WaitAsync(cancellationToken);
        var outcomes = new List<DeliveryOutcome>();
        foreach (var recipient in request.Recipients)
        {
            var error = Verdict(recipient);
            if (error is null)
                Arrivals.Enqueue(new Arrival(
                    request.ReversePath,
                    recipient,
                    Encoding.Latin1.GetString(request.Received.Span),
                    Encoding.Latin1.GetString(((Message)request.Message).Bytes),
                    request.Message.Hash));
            outcomes.Add(new DeliveryOutcome(error));
        }

        return outcomes;
    }

    private sealed class Intake(MemoryStore store) : IMessageIntake
    {
        private readonly MemoryStream _bytes = new();
        private bool _isOver;

        public long Length => _bytes.Length;

        public async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
        {
            if (store.ThrowOnWrite)
            {
                await Task.Yield();
                throw new IOException("disk full");
            }

            _bytes.Write(bytes.Span);
        }

        public ValueTask<MailResult<IngestedMessage>> CompleteAsync(CancellationToken cancellationToken)
        {
            if (store.StagingError is { } error)
                return ValueTask.FromResult<MailResult<IngestedMessage>>(error);
            _isOver = true;
            var bytes = _bytes.ToArray();
            var end = bytes.AsSpan().IndexOf("\r\n\r\n"u8);
            return ValueTask.FromResult<MailResult<IngestedMessage>>(new Message(store, bytes)
            {
                Hash = ContentHash.From(System.Security.Cryptography.SHA256.HashData(bytes)),
                Size = bytes.Length,
                Header = bytes.AsMemory(0, end < 0 ? bytes.Length : end + 4),
                HeaderTruncated = false,
                Envelope = default,
                Structure = default,
            });
        }

        public ValueTask DisposeAsync()
        {
            if (!_isOver)
                Interlocked.Decrement(ref store._openIntakes);
            _isOver = true;
            return ValueTask.CompletedTask;
        }
    }

    private sealed class Message(MemoryStore store, byte[] bytes) : IngestedMessage
    {
        public byte[] Bytes => bytes;

        public override ValueTask<int> ReadAsync(long offset, Memory<byte> destination, CancellationToken cancellationToken)
        {
            var count = (int)Math.Clamp(bytes.Length - offset, 0, destination.Length);
            bytes.AsMemory((int)Math.Min(offset, bytes.Length), count).CopyTo(destination);
            return new(count);
        }

        public override ValueTask DisposeAsync()
        {
            Interlocked.Decrement(ref store._openIntakes);
            return ValueTask.CompletedTask;
        }
    }
}
