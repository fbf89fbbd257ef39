using System.Security.Cryptography;
using System.Text;

namespace SimSearch.Notebooks;

/// <summary>
/// What the program that makes a site adds to its pages besides the site's own script (colour scheme, one sound at a time): style, a script, and a
/// library that the script fetches from a file beside the pages when it needs it.
/// </summary>
/// <remarks>
/// Style and scripts are inside each page, some ten kilobytes: a page then works alone, opened from a disk or sent by mail, and the policy names each
/// script by its hash, which browsers do not check for files beside a page that was opened from a disk. The library is one file for all pages because it is large.
/// </remarks>
public sealed record SiteScripts
{
    /// <summary>Style rules; "" by default. Colours should come from the page's variables.</summary>
    public string Style { get; init; } = "";

    /// <summary>A script; "" by default. It runs after the page is read, whatever a notebook holds: it must not take markup from the page.</summary>
    public string Script { get; init; } = "";

    /// <summary>
    /// Source of the library, or null (the default) for none. Its file's name is in <c>document.documentElement.dataset.library</c>; a script element that
    /// <see cref="Script"/> makes may load it.
    /// </summary>
    public string? Library { get; init; }

    /// <summary>Name of the library's file, which tells its content: an old page never gets another version; null without a library.</summary>
    internal string? LibraryFile => Library is null ? null : $"library-{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Library)))[..12]}.js";
}
