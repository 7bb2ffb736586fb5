using Microsoft.Extensions.Logging;
using Sora.Contracts;

namespace Sora.Mailstore.Sieve;

/// <summary>The site's external lists (RFC 6134): what [[sieve.lists]] says, and the files that it names.</summary>
public sealed class SiteLists : ISieveLists
{
    private readonly Dictionary<string, List<Source>> _sources = new(StringComparer.Ordinal);
    private readonly List<SiteFile<SieveList>> _files = [];

    /// <param name="options">[sieve]</param>
    /// <param name="time">The clock.</param>
    /// <param name="loggers">Where it logs.</param>
    /// <param name="metrics">Where files that cannot be used are counted; null for nowhere.</param>
    public SiteLists(SieveOptions options, TimeProvider time, ILoggerFactory loggers, MailstoreMetrics? metrics = null)
    {
        var watch = new SiteFileWatch(options.RefreshFiles, time, loggers.CreateLogger<SiteLists>(), metrics);
        for (var at = 0; at < options.Lists.Count; at++)
        {
            var list = options.Lists[at];
            if (!SieveListName.TryNormalize(list.Name, out var name))
                continue; // refused when the options are checked
            if (!_sources.TryGetValue(name, out var sources))
                _sources[name] = sources = [];
            SiteFile<SieveList>? file = null;
            if (!string.IsNullOrEmpty(list.File))
                _files.Add(file = new SiteFile<SieveList>($"sieve.lists[{at}].file", list.File, options.MaxListFile.Bytes, static (content, _) => Parse(content), watch));
            sources.Add(new Source(
                string.IsNullOrEmpty(list.Domain) ? null : list.Domain,
                list.Members.Count == 0 ? SieveList.Empty : new SieveList(list.Members.Select(static member => member.Trim())),
                file));
        }
    }

    /// <summary>What is wrong with the files, a line for each; a server does not start with any.</summary>
    public IEnumerable<string> Problems() => _files.Select(static file => file.Problem).OfType<string>();

    /// <summary>The names of the lists that users of a domain have from the site.</summary>
    public IEnumerable<string> Names(string domain) =>
        _sources.Where(list => list.Value.Exists(source => source.IsFor(domain))).Select(static list => list.Key).Order(StringComparer.Ordinal);

    /// <inheritdoc/>
    public ValueTask<MailResult<SieveList?>> FindAsync(AccountId account, string domain, string name, CancellationToken cancellationToken) => new(Find(domain, name));

    /// <summary>As <see cref="FindAsync"/>.</summary>
    public MailResult<SieveList?> Find(string domain, string name)
    {
        var found = name == SieveListName.DefaultAddressBook ? SieveList.Empty : null;
        if (!_sources.TryGetValue(name, out var sources))
            return found;
        foreach (var source in sources)
        {
            if (!source.IsFor(domain))
                continue;
            found = source.Members.And(found);
            if (source.File is null)
                continue;
            if (source.File.Read() is not { } members)
                return MailError.Unavailable("A list of the site cannot be read");
            found = members.And(found);
        }

        return found;
    }

    /// <summary>Why something is no name that a list may have here, to be put behind "which"; null when it may.</summary>
    public static string? NameProblem(string name) =>
        !SieveListName.TryNormalize(name, out var normal) ? "is no name of a list, such as tag:example.com,2026:partners or :addrbook:default"
        : SieveListName.Schemes.Any(scheme => normal.StartsWith($"{scheme}:", StringComparison.Ordinal)) ? null
        : "is neither a tag: nor a urn: URI";

    private static SieveList Parse(ReadOnlyMemory<byte> content)
    {
        var members = SieveListMember.ParseLines(content.Span);
        return members.IsOk ? new SieveList(members.Value) : throw new InvalidDataException(members.Error.Text);
    }

    private sealed record Source(string? Domain, SieveList Members, SiteFile<SieveList>? File)
    {
        public bool IsFor(string domain) => Domain is null || Domain.Equals(domain, StringComparison.OrdinalIgnoreCase);
    }
}
