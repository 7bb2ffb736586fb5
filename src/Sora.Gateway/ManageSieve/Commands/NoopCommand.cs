using Sora.Gateway.ManageSieve.Responses;
using Sora.Gateway.ManageSieve.Wire;

namespace Sora.Gateway.ManageSieve.Commands;

/// <summary>NOOP (RFC 5804 section 2.13): gives its string back.</summary>
internal sealed class NoopCommand(byte[]? tag) : ManageSieveCommand
{
    public static ManageSieveCommand Parse(ref ManageSieveParser parser) => new NoopCommand(parser.TrySpace() ? parser.String() : null);

    public override ValueTask<ManageSieveReply?> ExecuteAsync(ManageSieveConnection connection, CancellationToken cancellationToken) =>
        new(tag is null ? ManageSieveReply.Ok("NOOP completed") : new ManageSieveReply(ReplyStatus.Ok, "Done", ResponseCode.Tag, tag));
}
