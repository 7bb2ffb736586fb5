using Sora.Sieve.Extensions;

namespace Sora.Sieve.Validation;

/// <summary>The extensions that the engine has.</summary>
internal sealed class SieveRegistry
{
    private readonly Dictionary<string, SieveExtension> _extensions = [];

    private SieveRegistry(IEnumerable<SieveExtension> extensions)
    {
        foreach (var extension in extensions)
        {
            Vocabulary.Add(extension);
            if (extension.Capability.Length > 0)
                _extensions.Add(extension.Capability, extension);
        }
    }

    public static SieveRegistry Default { get; } = CreateDefault();

    public Vocabulary Vocabulary { get; } = new();

    public IEnumerable<string> Capabilities => _extensions.Keys;

    public SieveExtension? Find(string capability) => _extensions.GetValueOrDefault(capability);

    // Whoever writes an extension adds a line here; the order means nothing
    private static SieveRegistry CreateDefault() => new(
    [
        new BaseLanguage(),
        new ComparatorExtension(new Matching.OctetComparator()),
        new ComparatorExtension(new Matching.AsciiCasemapComparator()),
        new ComparatorExtension(new Matching.AsciiNumericComparator()),
        new ComparatorExtension(new Matching.UnicodeCasemapComparator()),
        new BodyExtension(),
        new CopyExtension(),
        new DateExtension(),
        new DuplicateExtension(),
        new EditHeaderExtension(),
        new EncodedCharacterExtension(),
        new EnotifyExtension(),
        new EnvelopeExtension(),
        new EnvironmentExtension(),
        new FccExtension(),
        new FileIntoExtension(),
        new IhaveExtension(),
        new Imap4FlagsExtension(),
        new IncludeExtension(),
        new IndexExtension(),
        new MailboxExtension(),
        new MailboxIdExtension(),
        new RegexExtension(),
        new RejectExtension("reject"),
        new RejectExtension("ereject"),
        new RelationalExtension(),
        new SpecialUseExtension(),
        new SubaddressExtension(),
        new VacationExtension(),
        new VacationSecondsExtension(),
        new VariablesExtension(),
    ]);
}
