using Sora.Gateway.Pop3.Responses;
using Sora.Gateway.Pop3.Wire;

namespace Sora.Gateway.Pop3.Commands;

/// <summary>UIDL (RFC 1939 section 7): the unique-id of one message, or of all that are not marked as deleted.</summary>
internal sealed class UidlCommand(int? number) : Pop3Command
{
    public static Pop3Command Parse(ref Pop3Arguments arguments) => new UidlCommand(arguments.IsAtEnd ? null : arguments.Number());

    public override async ValueTask<Pop3Reply?> ExecuteAsync(Pop3Connection connection, CancellationToken cancellationToken)
    {
        var maildrop = connection.Maildrop;
        if (number is { } one)
        {
            if (!maildrop.Has(one))
                return NoSuchMessage.Reply(maildrop, one);
            connection.Output.Raw("+OK "u8);
            connection.Output.UniqueId(one, maildrop.Index.UidValidity, maildrop.Index.UidAt(one - 1), connection.Server.UidlFormat);
            return null;
        }

        Pop3Reply.Ok().Write(connection.Output);
        for (var each = 1; each <= maildrop.Count; each++)
        {
            if (maildrop.IsDeleted(each))
                continue;
            connection.Output.UniqueId(each, maildrop.Index.UidValidity, maildrop.Index.UidAt(each - 1), connection.Server.UidlFormat);
            if (!await connection.FlushIfFullAsync())
                return null;
        }

        connection.Output.EndOfLines();
        return null;
    }
}
