namespace Sora.Silo.Tests;

/// <summary>Files of the repository that are held against the code.</summary>
internal static class Repository
{
    public static string PathOf(string name)
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Sora.Orleans.sln")))
            folder = folder.Parent;
        return Path.Combine(folder?.FullName ?? throw new InvalidOperationException("No Sora.Orleans.sln above the tests"), name);
    }
}
