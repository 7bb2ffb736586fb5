using System.Text;
using Sora.Sieve.Messages;
using Sora.Sieve.Runtime;
using Sora.Sieve.Syntax;
using Sora.Sieve.Validation;

namespace Sora.Sieve.Extensions;

/// <summary>replace (RFC 5703 section 5).</summary>
internal sealed class ReplaceExtension : SieveExtension
{
    private static readonly string[] Calls = ["replace"];

    public override string Capability => "replace";

    public override void Register(Vocabulary vocabulary)
    {
        vocabulary.Command(new CallDefinition { Name = "replace", Arguments = [("replacement", ArgumentKind.String)], Build = Build });
        vocabulary.Tag(new TagDefinition { Name = "mime", Calls = Calls });
        vocabulary.Tag(new TagDefinition { Name = "subject", Calls = Calls, Kind = ArgumentKind.String });
        vocabulary.Tag(new TagDefinition { Name = "from", Calls = Calls, Kind = ArgumentKind.String });
    }

    private static ReplaceCommand? Build(CallBinding call)
    {
        if (call.Has("mime") && (call.Has("subject") || call.Has("from")))
        {
            call.Error("':mime' brings the header: ':subject' and ':from' do not stand with it");
            return null;
        }

        if (call.Tag("from") is { String.Constant: { } from } tag && !SieveAddress.IsMailboxList(from))
        {
            tag.Error($"{SieveText.Show(from)} is no address");
            return null;
        }

        return new ReplaceCommand(call.Position, call.String(0), call.Has("mime"), call.Tag("subject")?.String, call.Tag("from")?.String);
    }

    private sealed class ReplaceCommand(SourcePosition position, SieveString replacement, bool isMime, SieveString? subject, SieveString? from) : CommandNode(position)
    {
        public override async ValueTask<Flow> ExecuteAsync(SieveRun run)
        {
            if (run.Message.HeaderTruncated)
                return Flow.Next;
            var text = replacement.Get(run);
            var entity = isMime ? SieveText.Encode(text) : PartReplacement.TextEntity(run, text);
            if (entity.Length > run.Limits.MaxNewMessageSize)
                throw new SieveRuntimeException($"A changed message is larger than {run.Limits.MaxNewMessageSize} bytes");
            run.Spend(entity.Length, 4);
            if (run.CurrentPart is { } part && !ReferenceEquals(part, run.Message.Root))
                await PartReplacement.ReplaceAsync(run, [(part, entity)]);
            else
                ReplaceAll(run, entity);
            run.Actions.Note(new ReplaceAction { Line = Position.Line, Message = run.NewMessage });
            run.Trace(Position, "replace");
            return Flow.Next;
        }

        // "preserve all other header fields ... with the exception of those relating to the MIME structure that is being replaced"
        private void ReplaceAll(SieveRun run, byte[] entity)
        {
            var end = entity.AsSpan().StartsWith("\r\n"u8) ? 2 : entity.AsSpan().IndexOf("\r\n\r\n"u8) is >= 0 and var at ? at + 4 : entity.Length;
            var header = new List<HeaderEntry>();
            foreach (var entry in run.Headers.Entries)
            {
                var name = Encoding.Latin1.GetString(entry.Name);
                if (IsMimeField(name))
                    continue;
                header.Add(entry);
            }

            // "if and only if non-ASCII characters are present": encoded words that the script has written are none
            if (subject?.Get(run) is { } title)
                Change(header, "Subject", HeaderFieldWriter.Write("Subject", title, keepsEncodedWords: true));
            if (from?.Get(run) is { } address && SieveAddress.IsMailboxList(address))
                Change(header, "From", HeaderFieldWriter.WriteAddresses("From", address));
            header.AddRange(HeaderBlock.Parse("MIME-Version: 1.0\r\n"u8.ToArray()).Entries);
            foreach (var entry in HeaderBlock.Parse(entity.AsMemory(0, end)).Entries)
                if (IsMimeField(Encoding.Latin1.GetString(entry.Name)) && !entry.Name.SequenceEqual("MIME-Version"u8))
                    header.Add(entry);
            PartReplacement.ReplaceRoot(run, new SieveNewMessage(HeaderBlock.Of(header).ToBytes(), entity.AsMemory(end)));
        }

        private static bool IsMimeField(string name) =>
            name.StartsWith("Content-", StringComparison.OrdinalIgnoreCase) || name.Equals("MIME-Version", StringComparison.OrdinalIgnoreCase);

        private static void Change(List<HeaderEntry> header, string name, byte[] field)
        {
            for (var i = 0; i < header.Count; i++)
            {
                if (Encoding.Latin1.GetString(header[i].Name).Equals(name, StringComparison.OrdinalIgnoreCase))
                    header[i] = HeaderBlock.Parse((byte[])[.. "Original-"u8, .. header[i].Raw.Span]).Entries[0];
            }

            header.Add(HeaderBlock.Parse(field).Entries[0]);
        }
    }
}
