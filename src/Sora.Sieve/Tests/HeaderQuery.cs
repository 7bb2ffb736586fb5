using Sora.Sieve.Messages;
using Sora.Sieve.Runtime;
using Sora.Sieve.Validation;

namespace Sora.Sieve.Tests;

/// <summary>
/// Which header fields a test looks at: those of some names in the message, unless tags of extensions say otherwise. Set while the script is compiled, not
/// changed afterwards.
/// </summary>
internal sealed class HeaderQuery(SieveStrings names)
{
    private HeaderName[]? _constant;

    public SieveStrings Names => names;

    /// <summary>Only this one of the fields, from 1; 0 for all (RFC 5260 section 6).</summary>
    public long Index { get; set; }

    /// <summary><see cref="Index"/> counts from the end.</summary>
    public bool IsFromLast { get; set; }

    /// <summary>The headers that are looked at; null for the message's (RFC 5703 section 4).</summary>
    public Func<SieveRun, ValueTask<IReadOnlyList<HeaderBlock>>>? Blocks { get; set; }

    /// <summary>What is taken from a field instead of its value; null for the value (RFC 5703 section 4.1).</summary>
    public Func<SieveRun, HeaderEntry, IEnumerable<SieveValue>>? Values { get; set; }

    /// <summary>No tag has changed anything.</summary>
    public bool IsPlain => Index == 0 && Blocks is null && Values is null;

    /// <summary>Checks what only makes sense together, once all tags were seen.</summary>
    public void Complete(CallBinding call)
    {
        if (IsFromLast && !call.Has("index"))
            call.Error("':last' only stands with ':index'");
        if (names.Constant is not { } constant)
            return;
        _constant = Array.ConvertAll(constant, HeaderName.From);
        if (Array.Find(constant, static name => !HeaderName.IsValid(name)) is { } wrong)
            call.Context.Warning(call.Position, $"{SieveText.Show(wrong)} is no name of a header field, so no message has it");
    }

    public HeaderName[] GetNames(SieveRun run) => _constant ?? Array.ConvertAll(names.Get(run), HeaderName.From);

    /// <summary>The fields that the tags leave, those of the first name first: that is how an index counts (RFC 5260 section 6).</summary>
    public async ValueTask<List<HeaderEntry>> FindAsync(SieveRun run)
    {
        var found = new List<HeaderEntry>();
        var wanted = GetNames(run);
        IReadOnlyList<HeaderBlock> blocks = Blocks is null ? [run.Headers] : await Blocks(run);
        foreach (var block in blocks)
        {
            run.Spend(0, wanted.Length);
            var first = found.Count;
            foreach (var name in wanted)
                foreach (var entry in block.Find(name))
                    found.Add(entry);
            if (Index == 0)
                continue;
            var count = found.Count - first;
            var index = IsFromLast ? count - Index : Index - 1;
            var kept = index >= 0 && index < count ? found[first + (int)index] : null;
            found.RemoveRange(first, count);
            if (kept is not null)
                found.Add(kept);
        }

        return found;
    }
}
