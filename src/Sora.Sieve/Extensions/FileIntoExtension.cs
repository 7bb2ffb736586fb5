using System.Text;
using Sora.Contracts;
using Sora.Sieve.Commands;
using Sora.Sieve.Validation;

namespace Sora.Sieve.Extensions;

/// <summary>fileinto (RFC 5228 section 4.1).</summary>
internal sealed class FileIntoExtension : SieveExtension
{
    public override string Capability => "fileinto";

    public override void Register(Vocabulary vocabulary) => vocabulary.Command(new CallDefinition
    {
        Name = "fileinto",
        Arguments = [("mailbox", ArgumentKind.String)],
        Build = Build,
    });

    // No error: with :mailboxid or :specialuse the name may never be used, and what names a mailbox can have is the store's to say
    private static FileIntoCommand Build(CallBinding call)
    {
        var mailbox = call.String(0);
        if (mailbox.Constant is { } name && (name.Length > 0 || call.Text(0).Length == 0) && MailboxName.Parse(name) is { IsOk: false } parsed)
            call.Context.Warning(call.ArgumentPosition(0), $"{SieveText.Show(name)} cannot be a mailbox: {parsed.Error!.Text}");
        else if (mailbox.Constant is { } constant && OldForm(constant) is { } meant)
            call.Context.Warning(call.ArgumentPosition(0), $"Scripts have mailbox names in UTF-8, not in modified UTF-7: {SieveText.Show(meant)} may be meant");
        return new FileIntoCommand(call.Position, mailbox, call.Modifiers());
    }

    /// <summary>What a name says in the modified UTF-7 of RFC 3501 section 5.1.3 that it seems to have; null when it has none.</summary>
    private static string? OldForm(string name)
    {
        var text = new StringBuilder(name.Length);
        var hasEncoded = false;
        for (var at = 0; at < name.Length;)
        {
            var end = name[at] == '&' ? name.IndexOf('-', at) : at;
            if (name[at] != '&')
            {
                text.Append(name[at++]);
                continue;
            }

            if (end < 0 || Decode(name.AsSpan((at + 1)..end)) is not { } part)
                return null;
            hasEncoded |= end > at + 1;
            text.Append(end == at + 1 ? "&" : part);
            at = end + 1;
        }

        return hasEncoded ? text.ToString() : null;
    }

    // UTF-16 in base64 with "," for "/"
    private static string? Decode(ReadOnlySpan<char> encoded)
    {
        var padded = encoded.ToString().Replace(',', '/') + "==="[..((4 - (encoded.Length % 4)) % 4)];
        var bytes = new byte[padded.Length];
        if (padded.Contains(' ', StringComparison.Ordinal) || !Convert.TryFromBase64String(padded, bytes, out var length) || length % 2 != 0)
            return null;
        var text = Encoding.BigEndianUnicode.GetString(bytes, 0, length);
        return text.AsSpan().ContainsAnyInRange('\0', '~') || text.Contains('\uFFFD', StringComparison.Ordinal) ? null : text;
    }
}
