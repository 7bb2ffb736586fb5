namespace Sora.Mailstore.Bodies.Objects.S3;

/// <summary>S3 has not deleted some of many objects.</summary>
public sealed class S3DeleteException(IReadOnlyDictionary<ObjectKey, string> failed)
    : IOException($"S3 did not delete {failed.Count} objects, among them {failed.First().Key}: {failed.First().Value}")
{
    /// <summary>S3's reason for each that is still there.</summary>
    public IReadOnlyDictionary<ObjectKey, string> Failed { get; } = failed;
}
