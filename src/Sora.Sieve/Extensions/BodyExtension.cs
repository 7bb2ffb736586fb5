using Sora.Mime;
using Sora.Sieve.Matching;
using Sora.Sieve.Messages;
using Sora.Sieve.Runtime;
using Sora.Sieve.Syntax;
using Sora.Sieve.Validation;

namespace Sora.Sieve.Extensions;

/// <summary>body (RFC 5173). Wildcards in it set no match variables (section 6).</summary>
internal sealed class BodyExtension : SieveExtension
{
    public override string Capability => "body";

    public override void Register(Vocabulary vocabulary)
    {
        vocabulary.Test(new CallDefinition
        {
            Name = "body",
            IsTest = true,
            IsMatching = true,
            Arguments = [("keys", ArgumentKind.StringList)],
            Build = static call => call.Match(0, captures: false) is { } match
                ? new BodyTest(call.Position, call.Has("raw"), call.Tag("content")?.Strings, match)
                : null,
        });
        vocabulary.Tag(new TagDefinition { Name = "raw", Calls = ["body"], Group = "a body transform" });
        vocabulary.Tag(new TagDefinition { Name = "text", Calls = ["body"], Group = "a body transform" });
        vocabulary.Tag(new TagDefinition { Name = "content", Calls = ["body"], Kind = ArgumentKind.StringList, Group = "a body transform" });
    }

    private sealed class BodyTest(SourcePosition position, bool isRaw, SieveStrings? types, MatchArguments match) : TestNode(position)
    {
        private const int MaxDepth = 200;

        public override string Name => "body";

        protected override async ValueTask<bool> RunAsync(SieveRun run)
        {
            var search = new Search(run, match.For(run), types?.Get(run));
            if (HasBody(run.Message))
            {
                if (isRaw)
                    await search.LookAtAsync(await run.Message.Texts.GetRawAsync(run, run.Message.Root.BodyStart, run.Message.Size));
                else
                    await search.WalkAsync(run.Message.Root, MaxDepth);
            }

            return search.IsFound();
        }

        // "If a message consists of a header only, not followed by an empty line, then that set is empty"
        private static bool HasBody(SieveMessage message)
        {
            var header = message.Header.Span;
            return message.Root.BodyStart < message.Size || header.EndsWith("\n\r\n"u8) || header.EndsWith("\n\n"u8)
                || header.SequenceEqual("\r\n"u8) || header.SequenceEqual("\n"u8);
        }
    }

    /// <summary>One evaluation: parts are looked at until a key is found in one.</summary>
    private sealed class Search(SieveRun run, Matcher matcher, string[]? types)
    {
        private int _count;
        private bool _isFound;

        public bool IsFound() => matcher.CountsValues ? matcher.MatchCount(run, _count) : _isFound;

        public async ValueTask LookAtAsync(SieveValue value)
        {
            _count++;
            if (!matcher.CountsValues && !_isFound)
                _isFound = await matcher.MatchAsync(run, value);
        }

        public async ValueTask WalkAsync(MimePart part, int depth)
        {
            if (_isFound || depth == 0)
                return;
            run.Spend(0, 1);
            var isWanted = types is null ? IsReadable(part) : Array.Exists(types, type => IsType(part, type));
            if (part.IsMultipart)
            {
                if (isWanted && types is not null)
                    await AroundAsync(part);
                foreach (var child in part.Children)
                    await WalkAsync(child, depth - 1);
            }
            else if (part.Message is { } message)
            {
                if (isWanted && types is not null)
                    await LookAtAsync(await HeaderOfAsync(message));
                await WalkAsync(message, depth - 1);
            }
            else if (isWanted)
            {
                await LookAtAsync(await run.Message.Texts.GetAsync(run, part, types is null ? PartForm.Plain : PartForm.Content));
            }
        }

        // "treating the header as a single string": without the empty line behind it
        private async ValueTask<SieveValue> HeaderOfAsync(MimePart message)
        {
            var header = (await run.Message.Texts.GetRawAsync(run, message.HeaderStart, message.BodyStart)).Text;
            var end = header.EndsWith("\r\n\r\n", StringComparison.Ordinal) ? 2 : header.EndsWith("\n\n", StringComparison.Ordinal) ? 1 : 0;
            return new SieveValue(header[..^end]);
        }

        // The prologue and the epilogue of a multipart, each for itself
        private async ValueTask AroundAsync(MimePart part)
        {
            var first = part.Children[0];
            var prologue = (await run.Message.Texts.GetRawAsync(run, part.BodyStart, first.HeaderStart)).Text;
            var boundary = prologue.StartsWith("--", StringComparison.Ordinal) && prologue.LastIndexOf("\n--", StringComparison.Ordinal) < 0
                ? 0
                : prologue.LastIndexOf("\n--", StringComparison.Ordinal) + 1;
            await LookAtAsync(new SieveValue(prologue[..boundary]));
            var epilogue = (await run.Message.Texts.GetRawAsync(run, part.Children[^1].End, part.End)).Text;
            var line = epilogue.IndexOf("--", StringComparison.Ordinal);
            var end = line < 0 ? -1 : epilogue.IndexOf('\n', line);
            await LookAtAsync(end < 0 ? SieveValue.Empty : new SieveValue(epilogue[(end + 1)..]));
        }

        // What is text as people read it (RFC 5173 section 5.3): nothing that is in no known encoding
        private static bool IsReadable(MimePart part) =>
            (part.IsText || part.Is("application", "xhtml+xml")) && TransferDecoder.Parse(part.Encoding) != TransferEncoding.Unknown;

        // RFC 5173 section 5.2: a type, a type with its subtype, or all
        private static bool IsType(MimePart part, string type)
        {
            if (type.Length == 0)
                return true;
            var slash = type.IndexOf('/');
            if (slash < 0)
                return part.Type.Equals(type, StringComparison.OrdinalIgnoreCase);
            return slash > 0 && slash < type.Length - 1 && type.IndexOf('/', slash + 1) < 0 && part.Is(type[..slash], type[(slash + 1)..]);
        }
    }
}
