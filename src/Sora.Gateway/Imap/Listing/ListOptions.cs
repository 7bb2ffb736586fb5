using Sora.Gateway.Imap.Responses;
using Sora.Gateway.Imap.Wire;

namespace Sora.Gateway.Imap.Listing;

/// <summary>Selection and return options of LIST (RFC 9051 sections 6.3.9.1 and 6.3.9.2, RFC 5819, RFC 6154, RFC 8440).</summary>
internal sealed class ListOptions
{
    public bool SelectSubscribed { get; private set; }

    public bool SelectSpecialUse { get; private set; }

    public bool RecursiveMatch { get; private set; }

    public bool ReturnSubscribed { get; private set; }

    public bool ReturnMyRights { get; private set; }

    public List<StatusItem>? ReturnStatus { get; private set; }

    /// <summary>Entries whose values are wanted with each mailbox (RFC 9590).</summary>
    public List<string>? ReturnMetadata { get; private set; }

    /// <summary>"(" [list-select-opts] ")".</summary>
    public void ParseSelection(ref ImapParser parser)
    {
        parser.Open();
        if (!parser.Peek((byte)')'))
        {
            do
            {
                switch (parser.Atom("a selection option"))
                {
                    case "SUBSCRIBED":
                        SelectSubscribed = true;
                        break;
                    case "SPECIAL-USE":
                        SelectSpecialUse = true;
                        break;
                    case "RECURSIVEMATCH":
                        RecursiveMatch = true;
                        break;
                    case "REMOTE":
                        break; // There are no remote mailboxes: it changes nothing
                    default:
                        throw parser.Error("a selection option");
                }
            }
            while (parser.TrySpace());
        }

        // RECURSIVEMATCH needs an option that says what to match.
        if (RecursiveMatch && !SelectSubscribed && !SelectSpecialUse)
            throw parser.Error("a selection option beside RECURSIVEMATCH");
        parser.Close();
    }

    /// <summary>"RETURN" SP "(" [return-option *(SP return-option)] ")".</summary>
    public void ParseReturn(ref ImapParser parser)
    {
        if (!parser.TryKeyword("RETURN"u8))
            throw parser.Error("RETURN");
        parser.Space();
        parser.Open();
        if (!parser.Peek((byte)')'))
        {
            do
            {
                switch (parser.Atom("a return option"))
                {
                    case "SUBSCRIBED":
                        ReturnSubscribed = true;
                        break;
                    case "CHILDREN" or "SPECIAL-USE":
                        break; // Always given
                    case "MYRIGHTS":
                        ReturnMyRights = true;
                        break;
                    case "METADATA":
                        parser.Space();
                        ReturnMetadata = parser.MetadataEntryList();
                        break;
                    case "STATUS":
                        parser.Space();
                        ReturnStatus = StatusItems.Parse(ref parser);
                        break;
                    default:
                        throw parser.Error("a return option");
                }
            }
            while (parser.TrySpace());
        }

        parser.Close();
    }
}
