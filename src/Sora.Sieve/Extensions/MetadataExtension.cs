using Sora.Sieve.Matching;
using Sora.Sieve.Messages;
using Sora.Sieve.Runtime;
using Sora.Sieve.Syntax;
using Sora.Sieve.Validation;

namespace Sora.Sieve.Extensions;

/// <summary>mboxmetadata (RFC 5490 section 3.3 and 3.4).</summary>
internal sealed class MailboxMetadataExtension : SieveExtension
{
    public override string Capability => "mboxmetadata";

    public override void Register(Vocabulary vocabulary)
    {
        vocabulary.Test(new CallDefinition
        {
            Name = "metadata",
            IsTest = true,
            IsMatching = true,
            Arguments = [("mailbox name", ArgumentKind.String), ("annotation name", ArgumentKind.String), ("keys", ArgumentKind.StringList)],
            Build = static call => call.Match(2) is { } match ? new MetadataTest(call.Position, call.Definition.Name, call.String(0), call.String(1), match) : null,
        });
        vocabulary.Test(new CallDefinition
        {
            Name = "metadataexists",
            IsTest = true,
            Arguments = [("mailbox name", ArgumentKind.String), ("annotation names", ArgumentKind.StringList)],
            Build = static call => new MetadataExistsTest(call.Position, call.Definition.Name, call.String(0), call.Strings(1)),
        });
    }
}

/// <summary>servermetadata (RFC 5490 section 4).</summary>
internal sealed class ServerMetadataExtension : SieveExtension
{
    public override string Capability => "servermetadata";

    public override void Register(Vocabulary vocabulary)
    {
        vocabulary.Test(new CallDefinition
        {
            Name = "servermetadata",
            IsTest = true,
            IsMatching = true,
            Arguments = [("annotation name", ArgumentKind.String), ("keys", ArgumentKind.StringList)],
            Build = static call => call.Match(1) is { } match ? new MetadataTest(call.Position, call.Definition.Name, null, call.String(0), match) : null,
        });
        vocabulary.Test(new CallDefinition
        {
            Name = "servermetadataexists",
            IsTest = true,
            Arguments = [("annotation names", ArgumentKind.StringList)],
            Build = static call => new MetadataExistsTest(call.Position, call.Definition.Name, null, call.Strings(0)),
        });
    }
}

/// <summary>The annotation's value matches; false where there is none.</summary>
internal sealed class MetadataTest(SourcePosition position, string name, SieveString? mailbox, SieveString entry, MatchArguments match) : TestNode(position)
{
    public override string Name => name;

    protected override async ValueTask<bool> RunAsync(SieveRun run)
    {
        var matcher = match.For(run);
        run.Ask();
        var value = await run.Host.GetMetadataAsync(mailbox?.Get(run), entry.Get(run), run.CancellationToken);
        if (matcher.CountsValues)
            return matcher.MatchCount(run, value is null ? 0 : 1);
        return value is not null && await matcher.MatchAsync(run, new SieveValue(value));
    }
}

/// <summary>All of the annotations are there.</summary>
internal sealed class MetadataExistsTest(SourcePosition position, string name, SieveString? mailbox, SieveStrings entries) : TestNode(position)
{
    public override string Name => name;

    protected override async ValueTask<bool> RunAsync(SieveRun run)
    {
        var of = mailbox?.Get(run);
        foreach (var entry in entries.Get(run))
        {
            run.Ask();
            if (await run.Host.GetMetadataAsync(of, entry, run.CancellationToken) is null)
                return false;
        }

        return true;
    }
}
