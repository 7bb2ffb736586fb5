namespace Sora.Contracts;

/// <summary>How nodes tell each other which users have many sessions.</summary>
public interface ISessionNews
{
    /// <summary>Another node has told something; called on any thread, must not block.</summary>
    event Action<string>? Heard;

    /// <summary>Tells the other nodes soon.</summary>
    /// <param name="news">Up to 4,000 characters of ASCII without a space.</param>
    void Tell(string news);
}
