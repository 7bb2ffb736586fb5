using System.Collections.Concurrent;
using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Runtime;
using Orleans.Runtime.Placement;
using Orleans.Serialization.Codecs;
using Orleans.Serialization.Configuration;
using Orleans.Serialization.Invocation;
using Orleans.Serialization.Serializers;
using Sora.Contracts;
using Sora.Grains.Calls;
using Sora.Grains.Mailboxes;
using Sora.Mailstore.Bodies.Transfer;
using Sora.Mailstore.Storage;

namespace Sora.Grains.Hosting;

/// <summary>
/// Makes each kind of call once to a mailstore that is new, for a mailbox that does not exist. What a process has never run is compiled when it runs first: without this, when the mailboxes of one
/// that died come to it, and their clients wait.
/// </summary>
internal sealed class Acquaintances(ClusterMailboxes mailboxes, ILogger<Acquaintances> logger)
{
    private static readonly byte[] Header = "Subject: \r\n\r\n"u8.ToArray();

    private readonly ConcurrentDictionary<SiloAddress, byte> _known = new();

    /// <summary>Makes what turns calls and answers into bytes, and back.</summary>
    /// <param name="services">Of a silo or a client.</param>
    public static void PrepareCodecs(IServiceProvider services)
    {
        var codecs = services.GetRequiredService<CodecProvider>();
        foreach (var type in TravellingTypes(services.GetRequiredService<IOptions<TypeManifestOptions>>().Value))
        {
            codecs.TryGetCodec(type);
            codecs.TryGetDeepCopier(type);
        }
    }

    /// <summary>Calls, what is in them, and answers.</summary>
    internal static IEnumerable<Type> TravellingTypes(TypeManifestOptions manifest)
    {
        var serialized = manifest.Serializers.Where(IsOurs).SelectMany(static codec => codec.GetInterfaces()).Where(static type => IsOf(type, typeof(IFieldCodec<>)))
            .Select(static codec => codec.GenericTypeArguments[0]);
        var answers = manifest.Interfaces.Where(IsOurs).SelectMany(static type => type.GetInterfaces().Append(type)).SelectMany(static type => type.GetMethods())
            .Select(static method => method.ReturnType).Where(static type => IsOf(type, typeof(Task<>)))
            .Select(static type => typeof(Response<>).MakeGenericType(type.GenericTypeArguments));
        return serialized.Concat(answers).Distinct();
    }

    /// <summary>Calls the mailstores that are not known yet, one after the other. Never fails: what it does not reach it leaves alone.</summary>
    public async Task MakeAsync(IReadOnlyList<MailstoreMember> members, CancellationToken cancellationToken)
    {
        foreach (var member in members)
        {
            var mailstore = SiloAddress.New(IPAddress.Parse(member.Address), member.Port, member.Generation);
            if (member.IsActive && _known.TryAdd(mailstore, 0))
                await MakeAsync(mailstore, cancellationToken);
        }
    }

    private async Task MakeAsync(SiloAddress mailstore, CancellationToken cancellationToken)
    {
        try
        {
            var started = TimeProvider.System.GetTimestamp();
            await CallAsync(mailstore, new MailboxId(-1 - Random.Shared.NextInt64(long.MaxValue)), cancellationToken);
            Log.Acquainted(logger, mailstore.ToString(), TimeProvider.System.GetElapsedTime(started));
        }
        catch (Exception e)
        {
            Log.NotAcquainted(logger, mailstore.ToString(), ClusterCalls.Reason(e));
        }
    }

    private async Task CallAsync(SiloAddress mailstore, MailboxId id, CancellationToken cancellationToken)
    {
        var message = new ArrivedMessage { Hash = default, Size = Header.Length, Header = Header, HeaderTruncated = false, Envelope = default, Structure = default, Body = Header };
        var append = new AppendRequest(OperationId.New(), [new AppendMessage(message, default, FlagSet.Empty, DateTimeOffset.UnixEpoch)]);
        var store = new StoreRequest(OperationId.New(), UidSet.Of(1), StoreMode.Add, FlagSet.Of(SystemFlags.Seen));
        var expunge = new ExpungeRequest(OperationId.New(), store.Uids);
        var copy = new CopyRequest(OperationId.New(), store.Uids, id, Move: false);
        var replace = new ReplaceRequest(OperationId.New(), store.Uids, id, append.Messages);

        // The first answer says where the mailbox is, and what comes then goes straight there; the grain is called as long as nobody knows where
        var mailbox = mailboxes.Find(id);
        await AppendAtAsync(mailstore, mailbox, append, cancellationToken);
        using var watch = mailboxes.Subscribe(id, new Nobody());
        foreach (var way in new IMailbox[] { mailbox, mailboxes.Grain(id) })
        {
            await way.AppendAsync(append, cancellationToken);
            await way.OpenAsync(default, cancellationToken);
            await way.StoreAsync(store, cancellationToken);
            await way.ExpungeAsync(expunge, cancellationToken);
            await way.CopyAsync(copy, cancellationToken);
            await way.ClaimRecentAsync(new Uid(1), keep: true, cancellationToken);
            await way.ExpungedSinceAsync(default, cancellationToken);
            await way.ReplaceAsync(replace, cancellationToken);
        }

        await mailbox.CountRecentAsync(cancellationToken);
        await mailboxes.AppendAllAsync([new MailboxAppend(id, append)], cancellationToken);
        await mailboxes.RefreshAsync(id, tellsNewest: true, cancellationToken);
    }

    // In a method of its own, so that nothing that is begun later has the hint too
    private static async Task AppendAtAsync(SiloAddress mailstore, ClusterMailbox mailbox, AppendRequest append, CancellationToken cancellationToken)
    {
        RequestContext.Set(IPlacementDirector.PlacementHintKey, mailstore);
        await mailbox.AppendAsync(append, cancellationToken);
    }

    private static bool IsOurs(Type type) => type.Namespace?.Contains("Sora.", StringComparison.Ordinal) == true && !type.IsGenericTypeDefinition;

    private static bool IsOf(Type type, Type definition) => type.IsGenericType && type.GetGenericTypeDefinition() == definition;

    private sealed class Nobody : IMailboxSubscriber
    {
        public void Changed(MailboxId mailbox, ModSeq modSeq)
        {
            // nothing is ever told
        }
    }
}
