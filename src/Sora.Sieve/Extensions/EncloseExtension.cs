using System.Buffers;
using System.Text;
using Sora.Sieve.Messages;
using Sora.Sieve.Runtime;
using Sora.Sieve.Syntax;
using Sora.Sieve.Validation;

namespace Sora.Sieve.Extensions;

/// <summary>enclose (RFC 5703 section 6): the message becomes an attachment of a new one.</summary>
internal sealed class EncloseExtension : SieveExtension
{
    private static readonly string[] Calls = ["enclose"];

    public override string Capability => "enclose";

    public override void Register(Vocabulary vocabulary)
    {
        vocabulary.Command(new CallDefinition
        {
            Name = "enclose",
            Arguments = [("text", ArgumentKind.String)],
            Build = static call => new EncloseCommand(call.Position, call.String(0), call.Tag("subject")?.String, call.Tag("headers")?.Strings),
        });
        vocabulary.Tag(new TagDefinition { Name = "subject", Calls = Calls, Kind = ArgumentKind.String });
        vocabulary.Tag(new TagDefinition { Name = "headers", Calls = Calls, Kind = ArgumentKind.StringList });
    }

    private sealed class EncloseCommand(SourcePosition position, SieveString text, SieveString? subject, SieveStrings? headers) : CommandNode(position)
    {
        public override async ValueTask<Flow> ExecuteAsync(SieveRun run)
        {
            if (run.Message.HeaderTruncated)
                return Flow.Next;
            var old = await NewMessage.ReadAsync(run);
            var boundary = NewMessage.Boundary("=_enclosed_", old);
            var header = Header(run, boundary);
            var body = new ArrayBufferWriter<byte>(old.Length + 1024);
            body.Write(Encoding.ASCII.GetBytes($"--{boundary}\r\n"));
            body.Write(NewMessage.TextEntity(text.Get(run)));
            body.Write(Encoding.ASCII.GetBytes($"\r\n--{boundary}\r\nContent-Type: message/rfc822\r\n\r\n"));
            body.Write(old);
            body.Write(Encoding.ASCII.GetBytes($"\r\n--{boundary}--\r\n"));
            if (body.WrittenCount > run.Limits.MaxNewMessageSize)
                throw new SieveRuntimeException($"A changed message is larger than {run.Limits.MaxNewMessageSize} bytes");
            if (!run.IsEnclosed)
                run.MessageBeforeEnclose = run.NewMessage;
            run.IsEnclosed = true;
            PartReplacement.Enclose(run, new SieveNewMessage(header, body.WrittenMemory));
            run.Actions.Note(new EncloseAction { Line = Position.Line, Message = run.NewMessage });
            run.Trace(Position, "enclose");
            return Flow.Next;
        }

        private byte[] Header(SieveRun run, string boundary)
        {
            var output = new ArrayBufferWriter<byte>();
            var copied = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
            foreach (var name in headers?.Get(run) ?? [])
            {
                if (!copied.Add(name) || name.StartsWith("Content-", StringComparison.OrdinalIgnoreCase) || name.Equals("MIME-Version", StringComparison.OrdinalIgnoreCase))
                    continue;
                foreach (var entry in run.Headers.Find(HeaderName.From(name)))
                    output.Write(entry.Raw.Span);
            }

            var title = subject?.Get(run);
            if (title is not null)
                output.Write(HeaderFieldWriter.Write("Subject", title, keepsEncodedWords: true));
            else if (!copied.Contains("Subject"))
                foreach (var entry in run.Headers.Find(HeaderName.From("Subject")))
                    output.Write(entry.Raw.Span);
            if (!copied.Contains("Date"))
                output.Write(HeaderFieldWriter.Write("Date", DatePart.Get("std11", run.Input.Time)!));
            if (!copied.Contains("From"))
                output.Write(HeaderFieldWriter.WriteAddresses("From", run.Host.Addresses is [var own, ..] ? own : run.Input.Envelope?.To ?? ""));
            output.Write(Encoding.ASCII.GetBytes($"MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=\"{boundary}\"\r\n\r\n"));
            return output.WrittenSpan.ToArray();
        }
    }
}
