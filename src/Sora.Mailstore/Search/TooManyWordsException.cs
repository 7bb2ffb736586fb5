namespace Sora.Mailstore.Search;

/// <summary>A message has more words than the index takes (<see cref="SearchOptions.MaxWords"/>).</summary>
internal sealed class TooManyWordsException() : Exception("More words than search.max_words");
