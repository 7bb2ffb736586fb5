using System.Text;
using Sora.Sieve.Matching;
using Sora.Sieve.Messages;
using Sora.Sieve.Runtime;
using Sora.Sieve.Syntax;
using Sora.Sieve.Tests;
using Sora.Sieve.Validation;

namespace Sora.Sieve.Extensions;

/// <summary>editheader (RFC 5293).</summary>
internal sealed class EditHeaderExtension : SieveExtension
{
    public override string Capability => "editheader";

    public override void Register(Vocabulary vocabulary)
    {
        vocabulary.Command(new CallDefinition
        {
            Name = "addheader",
            Arguments = [("field name", ArgumentKind.String), ("value", ArgumentKind.String)],
            Build = static call => IsName(call) && IsValue(call) ? new AddHeaderCommand(call.Position, call.String(0), call.String(1), call.Has("last")) : null,
        });
        vocabulary.Command(new CallDefinition
        {
            Name = "deleteheader",
            IsMatching = true,
            Arguments = [("field name", ArgumentKind.String), ("value patterns", ArgumentKind.StringList)],
            IsLastOptional = true,
            Build = BuildDelete,
        });
        vocabulary.Tag(new TagDefinition { Name = "last", Calls = ["addheader", "deleteheader"] });
        vocabulary.Tag(new TagDefinition { Name = "index", Calls = ["deleteheader"], Kind = ArgumentKind.Number });
    }

    private static DeleteHeaderCommand? BuildDelete(CallBinding call)
    {
        if (call.Has("last") && !call.Has("index"))
        {
            call.Error("':last' only stands with ':index'");
            return null;
        }

        // Without patterns the match type and the comparator are silently ignored
        var match = call.HasArgument(1) ? call.Match(1) : null;
        return IsName(call) && (match is not null || !call.HasArgument(1))
            ? new DeleteHeaderCommand(call.Position, call.String(0), match, call.Tag("index")?.Number, call.Has("last"))
            : null;
    }

    private static bool IsName(CallBinding call)
    {
        if (call.String(0).Constant is not { } name || HeaderName.IsValid(name))
            return true;
        call.Context.Error(call.ArgumentPosition(0), $"{SieveText.Show(name)} is no name of a header field");
        return false;
    }

    private static bool IsValue(CallBinding call)
    {
        if (call.String(1).Constant is not { } value || !value.Contains('\0', StringComparison.Ordinal))
            return true;
        call.Context.Error(call.ArgumentPosition(1), "A NUL cannot stand in a header field");
        return false;
    }

    private static string Name(SieveRun run, SieveString field)
    {
        var name = field.Get(run);
        return HeaderName.IsValid(name) ? name : throw new SieveRuntimeException($"{SieveText.Show(name)} is no name of a header field");
    }

    private static void Change(SieveRun run, List<HeaderEntry> entries)
    {
        var edits = run.State<Edits>();
        if (++edits.Count > run.Limits.MaxHeaderEdits)
            throw new SieveRuntimeException($"The header is changed more than {run.Limits.MaxHeaderEdits} times");
        run.Spend(0, 1 + (entries.Count / 16));
        run.Headers = HeaderBlock.Of(entries);
        var header = run.Headers.ToBytes();
        run.Spend(header.Length, 1);
        run.NewMessage = new SieveNewMessage(header, run.NewMessage?.Body);
    }

    private sealed class Edits
    {
        public int Count { get; set; }
    }

    private sealed class AddHeaderCommand(SourcePosition position, SieveString field, SieveString value, bool isLast) : CommandNode(position)
    {
        public override ValueTask<Flow> ExecuteAsync(SieveRun run)
        {
            var name = Name(run, field);
            var text = value.Get(run).Trim(' ', '\t', '\r', '\n');
            if (text.Contains('\0', StringComparison.Ordinal))
                throw new SieveRuntimeException("addheader: A NUL cannot stand in a header field");
            if (text.Length > run.Limits.MaxHeaderValue)
                throw new SieveRuntimeException($"addheader: The value is longer than {run.Limits.MaxHeaderValue} characters");
            if (run.Message.HeaderTruncated)
                return new(Flow.Next);

            // "to be compliant with [IMAIL]" (RFC 5293 section 4): in a field of addresses only the names can be encoded
            var line = !System.Text.Ascii.IsValid(text) && AddressTest.IsStandardField(name) && SieveAddress.IsMailboxList(text)
                ? HeaderFieldWriter.WriteAddresses(name, text)
                : HeaderFieldWriter.Write(name, text);
            var added = HeaderBlock.Parse(line).Entries[0];
            List<HeaderEntry> entries = isLast ? [.. run.Headers.Entries, added] : [added, .. run.Headers.Entries];
            Change(run, entries);
            run.Actions.Note(new AddHeaderAction(name, text, isLast) { Line = Position.Line });
            if (run.IsTraced)
                run.Trace(Position, $"addheader {name}: {SieveText.Show(text)}");
            return new(Flow.Next);
        }
    }

    private sealed class DeleteHeaderCommand(SourcePosition position, SieveString field, MatchArguments? match, long? index, bool isLast) : CommandNode(position)
    {
        // RFC 5293 section 6; what replace keeps (RFC 5703 section 5)
        private static readonly string[] Protected = ["Received", "Auto-Submitted", "Original-Subject", "Original-From"];

        public override async ValueTask<Flow> ExecuteAsync(SieveRun run)
        {
            var name = Name(run, field);
            var isProtected = Array.Exists(Protected, known => known.Equals(name, StringComparison.OrdinalIgnoreCase));
            if (isProtected || run.Message.HeaderTruncated)
                return Flow.Next;
            var deleted = await FindAsync(run, name);
            if (deleted.Count == 0)
                return Flow.Next;
            Change(run, [.. run.Headers.Entries.Where(entry => !deleted.Contains(entry))]);
            run.Actions.Note(new DeleteHeaderAction(name, deleted.Count) { Line = Position.Line });
            if (run.IsTraced)
                run.Trace(Position, $"deleteheader {name}: {deleted.Count}");
            return Flow.Next;
        }

        // The counting happens before the matching
        private async ValueTask<HashSet<HeaderEntry>> FindAsync(SieveRun run, string name)
        {
            var named = new List<HeaderEntry>();
            foreach (var entry in run.Headers.Find(HeaderName.From(name)))
                named.Add(entry);
            if (index is { } number)
            {
                var at = isLast ? named.Count - number : number - 1;
                named = at >= 0 && at < named.Count ? [named[(int)at]] : [];
            }

            if (match is null)
                return [.. named];
            var matcher = match.For(run);
            if (matcher.CountsValues)
                return matcher.MatchCount(run, named.Count) ? [.. named] : [];
            var found = new HashSet<HeaderEntry>();
            foreach (var entry in named)
                if (await matcher.MatchAsync(run, entry.Value))
                    found.Add(entry);
            return found;
        }
    }
}
