using Sora.Mailstore.Bodies.Uploads;

namespace Sora.Admin.Uploads;

/// <summary>Bodies on their way as they are shown.</summary>
internal static class UploaderText
{
    public static object? Next(UploadEntry entry) => entry.FailedAt is null ? entry.NextAttempt : "set aside";

    public static string Missing(long id) => $"No body {CommandRun.Shown(id)} waits for the object store";

    public static object Json(UploadEntry entry) => new
    {
        entry.Id,
        Hash = entry.Hash.ToString(),
        entry.Accounts,
        entry.Size,
        entry.Place,
        entry.Node,
        entry.Path,
        entry.StagedAt,
        entry.Attempts,
        entry.NextAttempt,
        entry.LastError,
        entry.FailedAt,
        entry.Messages,
    };
}
