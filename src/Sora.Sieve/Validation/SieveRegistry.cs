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
        new ConvertExtension(),
        new CopyExtension(),
        new DateExtension(),
        new DebugExtension(),
        new DovecotEnvironmentExtension(),
        new DuplicateExtension(),
        new EditHeaderExtension(),
        new EncloseExtension(),
        new EncodedCharacterExtension(),
        new ExtractTextExtension(),
        new ForEveryPartExtension(),
        new MimeExtension(),
        new EnotifyExtension(),
        new EnvelopeDeliverByExtension(),
        new EnvelopeDsnExtension(),
        new EnvelopeExtension(),
        new EnvironmentExtension(),
        new ExtListsExtension(),
        new FccExtension(),
        new FileIntoExtension(),
        new IhaveExtension(),
        new Imap4FlagsExtension(),
        new ImapSieveExtension(),
        new DovecotImapSieveExtension(),
        new IncludeExtension(),
        new IndexExtension(),
        new MailboxExtension(),
        new MailboxIdExtension(),
        new MailboxMetadataExtension(),
        new RedirectDeliverByExtension(),
        new RedirectDsnExtension(),
        new RegexExtension(),
        new RejectExtension("ereject"),
        new RejectExtension("reject"),
        new RelationalExtension(),
        new ReplaceExtension(),
        new ReportExtension(),
        new ServerMetadataExtension(),
        new SpamTestExtension(isPlus: false),
        new SpamTestExtension(isPlus: true),
        new SpecialUseExtension(),
        new SubaddressExtension(),
        new VacationExtension(),
        new VacationSecondsExtension(),
        new VariablesExtension(),
        new VirusTestExtension(),
    ]);
}
