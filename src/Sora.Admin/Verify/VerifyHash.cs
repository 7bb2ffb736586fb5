using Sora.Mailstore.Bodies.Verify;

namespace Sora.Admin.Verify;

/// <summary>Shows one body.</summary>
internal static class VerifyHash
{
    public static int Show(CommandRun run, List<BodyInspection> bodies)
    {
        if (bodies.Count == 0)
            return run.Failed("nobody has a body of this hash");
        if (run.WantsJson)
            run.WriteJson(bodies.ConvertAll(Json));
        else
            Write(run, bodies);
        return bodies.TrueForAll(static body => body.Problem is null) ? ExitCode.Ok : ExitCode.Found;
    }

    private static void Write(CommandRun run, List<BodyInspection> bodies)
    {
        run.WriteTable(
            ["account", "size", "row", "where", "stored size", "key", "dead since", "damaged at", "good", "problem"],
            bodies.Select(static body => new object?[]
            {
                body.Owner ?? body.Account.ToString(), body.Size, body.State, body.Where, body.StoredSize, body.KeyId, body.DeadSince, body.DamagedAt, body.IsGood, body.Problem,
            }));
        var staged = bodies.SelectMany(static body => body.Staged).Distinct(StringComparer.Ordinal).Select(static place => new object?[] { place }).ToList();
        if (staged.Count > 0)
            run.WriteTable(["staged"], staged);
        var messages = bodies.SelectMany(static body => body.Messages.Select(message => new object?[]
        {
            body.Owner ?? body.Account.ToString(), message.Mailbox ?? message.MailboxId.ToString(System.Globalization.CultureInfo.InvariantCulture), message.Uid, message.IsDeleted,
        })).ToList();
        if (messages.Count > 0)
            run.WriteTable(["account", "mailbox", "uid", "mailbox is deleted"], messages);
    }

    private static object Json(BodyInspection body) => new
    {
        Account = body.Account.Value, body.Owner, body.Size, body.State, body.Where, body.StoredSize, body.KeyId, body.DeadSince, body.DamagedAt, Good = body.IsGood, body.Problem,
        body.Staged, body.Messages,
    };
}
