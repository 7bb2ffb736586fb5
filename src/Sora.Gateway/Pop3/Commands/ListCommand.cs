using Sora.Gateway.Pop3.Responses;
using Sora.Gateway.Pop3.Wire;

namespace Sora.Gateway.Pop3.Commands;

/// <summary>LIST (RFC 1939 section 5): the scan listing of one message, or of all that are not marked as deleted.</summary>
internal sealed class ListCommand(int? number) : Pop3Command
{
    public static Pop3Command Parse(ref Pop3Arguments arguments) => new ListCommand(arguments.IsAtEnd ? null : arguments.Number());

    public override async ValueTask<Pop3Reply?> ExecuteAsync(Pop3Connection connection, CancellationToken cancellationToken)
    {
        var maildrop = connection.Maildrop;
        if (number is { } one)
        {
            if (!maildrop.Has(one))
                return NoSuchMessage.Reply(maildrop, one);
            connection.Output.Raw("+OK "u8);
            connection.Output.ScanListing(one, maildrop.OctetsOf(maildrop[one]));
            return null;
        }

        Pop3Reply.Ok($"{maildrop.Messages} messages ({maildrop.Octets} octets)").Write(connection.Output);
        for (var each = 1; each <= maildrop.Count; each++)
        {
            if (maildrop.IsDeleted(each))
                continue;
            connection.Output.ScanListing(each, maildrop.OctetsOf(maildrop[each]));
            if (!await connection.FlushIfFullAsync())
                return null;
        }

        connection.Output.EndOfLines();
        return null;
    }
}
