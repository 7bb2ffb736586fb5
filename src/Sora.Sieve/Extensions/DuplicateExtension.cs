using Sora.Sieve.Messages;
using Sora.Sieve.Runtime;
using Sora.Sieve.Syntax;
using Sora.Sieve.Validation;

namespace Sora.Sieve.Extensions;

/// <summary>duplicate (RFC 7352). Ids are remembered by the host, once the scripts have ended well.</summary>
internal sealed class DuplicateExtension : SieveExtension
{
    private static readonly string[] Calls = ["duplicate"];

    public override string Capability => "duplicate";

    public override void Register(Vocabulary vocabulary)
    {
        vocabulary.Test(new CallDefinition
        {
            Name = "duplicate",
            IsTest = true,
            Build = static call => new DuplicateTest(
                call.Position, call.Tag("handle")?.String, call.Tag("header")?.String, call.Tag("uniqueid")?.String, call.Tag("seconds")?.Number, call.Has("last")),
        });
        vocabulary.Tag(new TagDefinition { Name = "handle", Calls = Calls, Kind = ArgumentKind.String });
        vocabulary.Tag(new TagDefinition { Name = "header", Calls = Calls, Kind = ArgumentKind.String, Group = "id" });
        vocabulary.Tag(new TagDefinition { Name = "uniqueid", Calls = Calls, Kind = ArgumentKind.String, Group = "id" });
        vocabulary.Tag(new TagDefinition { Name = "seconds", Calls = Calls, Kind = ArgumentKind.Number });
        vocabulary.Tag(new TagDefinition { Name = "last", Calls = Calls });
    }

    private sealed class DuplicateTest(
        SourcePosition position, SieveString? handle, SieveString? header, SieveString? uniqueId, long? seconds, bool isLast) : TestNode(position)
    {
        private const long MaxSeconds = 1L << 31;

        public override string Name => "duplicate";

        protected override async ValueTask<bool> RunAsync(SieveRun run)
        {
            var id = uniqueId?.Get(run) ?? HeaderValue(run, header?.Get(run) ?? "Message-ID");
            if (string.IsNullOrEmpty(id) || seconds == 0)
                return false;
            var lifetime = seconds is { } given ? TimeSpan.FromSeconds(Math.Min(given, MaxSeconds)) : run.Limits.DefaultDuplicateLifetime;
            if (lifetime > run.Limits.MaxDuplicateLifetime)
                lifetime = run.Limits.MaxDuplicateLifetime;
            var group = handle?.Get(run) ?? "";
            run.Ask();
            var isDuplicate = await run.Host.IsDuplicateAsync(group, id, lifetime, run.CancellationToken);
            if (!isDuplicate || isLast)
                Remember(run, new SieveDuplicate(group, id, lifetime));
            return isDuplicate;
        }

        private static string? HeaderValue(SieveRun run, string name)
        {
            foreach (var entry in run.Headers.Find(HeaderName.From(name)))
                return entry.Value.Text;
            return null;
        }

        // Of several tests with the same id the last one counts (RFC 7352 section 3.3)
        private static void Remember(SieveRun run, SieveDuplicate duplicate)
        {
            run.Duplicates.RemoveAll(known => known.Handle == duplicate.Handle && known.Id == duplicate.Id);
            if (run.Duplicates.Count >= run.Limits.MaxActions)
                throw new SieveRuntimeException($"More than {run.Limits.MaxActions} ids are looked for by 'duplicate'");
            run.Duplicates.Add(duplicate);
        }
    }
}
