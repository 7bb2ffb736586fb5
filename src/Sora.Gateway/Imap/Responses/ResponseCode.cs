using System.Collections.Immutable;
using Sora.Contracts;
using Sora.Gateway.Imap.Wire;
using Sora.Mime;

namespace Sora.Gateway.Imap.Responses;

/// <summary>A response code (RFC 9051 section 7.1), written between brackets.</summary>
internal abstract record ResponseCode
{
    public static readonly ResponseCode ReadOnly = new AtomCode("READ-ONLY");
    public static readonly ResponseCode ReadWrite = new AtomCode("READ-WRITE");
    public static readonly ResponseCode ExpungeIssued = new AtomCode("EXPUNGEISSUED");
    public static readonly ResponseCode Closed = new AtomCode("CLOSED");
    public static readonly ResponseCode TooBig = new AtomCode("TOOBIG");
    public static readonly ResponseCode UidRequired = new AtomCode("UIDREQUIRED");
    public static readonly ResponseCode NotificationOverflow = new AtomCode("NOTIFICATIONOVERFLOW");
    public static readonly ResponseCode CompressionActive = new AtomCode("COMPRESSIONACTIVE");

    public abstract void Write(ImapWriter writer);

    /// <summary>The code of an error; null for those that have none.</summary>
    public static ResponseCode? Of(MailErrorCode code) => code switch
    {
        MailErrorCode.Unavailable => new AtomCode("UNAVAILABLE"),
        MailErrorCode.AuthenticationFailed => new AtomCode("AUTHENTICATIONFAILED"),
        MailErrorCode.AuthorizationFailed => new AtomCode("AUTHORIZATIONFAILED"),
        MailErrorCode.Expired => new AtomCode("EXPIRED"),
        MailErrorCode.PrivacyRequired => new AtomCode("PRIVACYREQUIRED"),
        MailErrorCode.ContactAdmin => new AtomCode("CONTACTADMIN"),
        MailErrorCode.NoPerm => new AtomCode("NOPERM"),
        MailErrorCode.InUse => new AtomCode("INUSE"),
        MailErrorCode.ExpungeIssued => ExpungeIssued,
        MailErrorCode.Corruption => new AtomCode("CORRUPTION"),
        MailErrorCode.ServerBug => new AtomCode("SERVERBUG"),
        MailErrorCode.ClientBug => new AtomCode("CLIENTBUG"),
        MailErrorCode.Cannot => new AtomCode("CANNOT"),
        MailErrorCode.Limit => new AtomCode("LIMIT"),
        MailErrorCode.OverQuota => new AtomCode("OVERQUOTA"),
        MailErrorCode.AlreadyExists => new AtomCode("ALREADYEXISTS"),
        MailErrorCode.NonExistent => new AtomCode("NONEXISTENT"),
        MailErrorCode.TryCreate => new AtomCode("TRYCREATE"),
        MailErrorCode.TooBig => TooBig,
        MailErrorCode.HasChildren => new AtomCode("HASCHILDREN"),
        MailErrorCode.ReadOnly => ReadOnly,
        MailErrorCode.UseAttr => new AtomCode("USEATTR"),
        MailErrorCode.BadCharset => new BadCharsetCode(Charsets.Names),
        MailErrorCode.UnknownCte => new AtomCode("UNKNOWN-CTE"),
        _ => null,
    };
}

/// <summary>A code that is only a name.</summary>
internal sealed record AtomCode(string Name) : ResponseCode
{
    public override void Write(ImapWriter writer) => writer.Text(Name);
}

/// <summary>CAPABILITY with the list, so that clients need not ask.</summary>
internal sealed record CapabilityCode(byte[] List) : ResponseCode
{
    public override void Write(ImapWriter writer)
    {
        writer.Raw("CAPABILITY "u8);
        writer.Raw(List);
    }
}

/// <summary>APPENDUID (RFC 4315 section 3).</summary>
internal sealed record AppendUidCode(UidValidity UidValidity, UidSet Uids) : ResponseCode
{
    public override void Write(ImapWriter writer)
    {
        writer.Raw("APPENDUID "u8);
        writer.Number(UidValidity.Value);
        writer.Space();
        writer.Set(Uids);
    }
}

/// <summary>COPYUID (RFC 4315 section 3).</summary>
internal sealed record CopyUidCode(CopyResult Result) : ResponseCode
{
    public override void Write(ImapWriter writer)
    {
        writer.Raw("COPYUID "u8);
        writer.Number(Result.DestinationUidValidity.Value);
        writer.Space();
        writer.Set(Result.SourceUids);
        writer.Space();
        writer.Set(Result.DestinationUids);
    }
}

/// <summary>MODIFIED (RFC 7162 section 3.1.3): UIDs or sequence numbers, as the command had them.</summary>
internal sealed record ModifiedCode(UidSet Numbers) : ResponseCode
{
    public override void Write(ImapWriter writer)
    {
        writer.Raw("MODIFIED "u8);
        writer.Set(Numbers);
    }
}

/// <summary>HIGHESTMODSEQ (RFC 7162 section 3.1.2.1).</summary>
internal sealed record HighestModSeqCode(ModSeq Value) : ResponseCode
{
    public override void Write(ImapWriter writer)
    {
        writer.Raw("HIGHESTMODSEQ "u8);
        writer.ModSeq(Value);
    }
}

/// <summary>MESSAGELIMIT (RFC 9738 section 3.1): the limit and, when the command did a part of its work, the lowest UID of that part.</summary>
internal sealed record MessageLimitCode(int Limit, uint LowestUid) : ResponseCode
{
    public override void Write(ImapWriter writer)
    {
        writer.Raw("MESSAGELIMIT "u8);
        writer.Number(Limit);
        if (LowestUid == 0)
            return;
        writer.Space();
        writer.Number(LowestUid);
    }
}

/// <summary>BADEVENT with the events that NOTIFY knows (RFC 5465 section 8).</summary>
internal sealed record BadEventCode(string Supported) : ResponseCode
{
    public override void Write(ImapWriter writer)
    {
        writer.Raw("BADEVENT ("u8);
        writer.Text(Supported);
        writer.Raw(")"u8);
    }
}

/// <summary>BADCHARSET with charsets that work (RFC 9051 section 6.4.4).</summary>
internal sealed record BadCharsetCode(ImmutableArray<string> Supported) : ResponseCode
{
    public override void Write(ImapWriter writer)
    {
        writer.Raw("BADCHARSET ("u8);
        writer.Text(string.Join(' ', Supported));
        writer.Raw(")"u8);
    }
}

/// <summary>BADURL with the URL that does not lead to a message or a part of one (RFC 4469 section 4).</summary>
internal sealed record BadUrlCode(string Url) : ResponseCode
{
    private const int MaxLength = 1000;

    // url-resp-text has no "]", and the quotes around it no quote: such characters are shown percent-encoded
    public override void Write(ImapWriter writer)
    {
        writer.Raw("BADURL \""u8);
        var shown = Url.Length > MaxLength ? Url[..MaxLength] : Url;
        writer.Text(shown.Replace("]", "%5D", StringComparison.Ordinal)
            .Replace("\"", "%22", StringComparison.Ordinal)
            .Replace("\\", "%5C", StringComparison.Ordinal));
        writer.Raw("\""u8);
    }
}

/// <summary>NOUPDATE (RFC 5267 section 4.3.1) with the tag of the search whose result is not kept up to date.</summary>
internal sealed record NoUpdateCode(byte[] Tag) : ResponseCode
{
    public override void Write(ImapWriter writer)
    {
        writer.Raw("NOUPDATE "u8);
        writer.String(Tag);
    }
}
