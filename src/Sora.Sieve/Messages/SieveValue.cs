using Sora.Mime;

namespace Sora.Sieve.Messages;

/// <summary>A text that is compared, with the forms that comparators have asked for so far.</summary>
internal sealed class SieveValue(string text)
{
    private string? _ascii;
    private string? _unicode;

    public static readonly SieveValue Empty = new("");

    public string Text => text;

    public string AsciiFolded => _ascii ??= SieveText.FoldAscii(text);

    public string UnicodeFolded => _unicode ??= UnicodeCasemap.Fold(text);
}
