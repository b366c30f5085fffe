/* A window made with SDL2, the only file that knows SDL.
 *
 * Everything happens in poll, at most FRAMES_PER_SECOND times a second by the host's clock.  The
 * window keeps the guest's proportions when it is resized.  A click inside gives the mouse to the
 * guest; Ctrl-Alt gives it back.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include <SDL.h>
#include <gio/gio.h>
#include <string.h>

#include "devices/host/display.h"

#define FRAMES_PER_SECOND 30
#define TITLE "epic64"
#define TITLE_GRABBED "epic64 - Ctrl-Alt releases the mouse"

struct sdl {
    struct display display;
    SDL_Window *window;
    SDL_Renderer *renderer;
    SDL_Texture *texture;
    unsigned width, height; /* of the texture */
    s64 next_us;
    bool grabbed;
    unsigned buttons;
};

static enum key key_of(SDL_Scancode code)
{
    static const u8 keys[SDL_NUM_SCANCODES] = {
#define KEY(name, set1, set2) [SDL_SCANCODE_##name] = KEY_##name,
#include "devices/keys.def"
    };
    return (unsigned)code < SDL_NUM_SCANCODES ? (enum key)keys[code] : KEY_NONE;
}

static void grab(struct sdl *s, bool on)
{
    s->grabbed = on;
    SDL_SetRelativeMouseMode(on ? SDL_TRUE : SDL_FALSE);
    SDL_SetWindowTitle(s->window, on ? TITLE_GRABBED : TITLE);
}

static void on_key(struct sdl *s, const SDL_KeyboardEvent *e, const struct display_input *input)
{
    bool down = e->type == SDL_KEYDOWN;
    unsigned mods = e->keysym.mod;
    if (s->grabbed && down && (mods & KMOD_CTRL) && (mods & KMOD_ALT)) grab(s, false);
    enum key key = key_of(e->keysym.scancode);
    if (key != KEY_NONE) input->key(input->opaque, key, down);
}

static unsigned button_bit(u8 button)
{
    switch (button) {
    case SDL_BUTTON_LEFT: return MOUSE_LEFT;
    case SDL_BUTTON_RIGHT: return MOUSE_RIGHT;
    case SDL_BUTTON_MIDDLE: return MOUSE_MIDDLE;
    default: return 0;
    }
}

static void on_button(struct sdl *s, const SDL_MouseButtonEvent *e,
                      const struct display_input *input)
{
    unsigned bit = button_bit(e->button);
    if (!s->grabbed) {
        if (e->type == SDL_MOUSEBUTTONDOWN) grab(s, true);
        return;
    }
    s->buttons = e->type == SDL_MOUSEBUTTONDOWN ? s->buttons | bit : s->buttons & ~bit;
    input->mouse(input->opaque, 0, 0, 0, s->buttons);
}

static void on_event(struct sdl *s, const SDL_Event *e, const struct display_input *input)
{
    switch (e->type) {
    case SDL_QUIT: input->closed(input->opaque); break;
    case SDL_KEYDOWN: case SDL_KEYUP: on_key(s, &e->key, input); break;
    case SDL_MOUSEBUTTONDOWN: case SDL_MOUSEBUTTONUP: on_button(s, &e->button, input); break;
    case SDL_MOUSEMOTION:
        if (s->grabbed) input->mouse(input->opaque, e->motion.xrel, e->motion.yrel, 0, s->buttons);
        break;
    case SDL_MOUSEWHEEL:
        if (s->grabbed) input->mouse(input->opaque, 0, 0, e->wheel.y, s->buttons);
        break;
    case SDL_WINDOWEVENT:
        if (e->window.event == SDL_WINDOWEVENT_FOCUS_LOST && s->grabbed) grab(s, false);
        break;
    default: break;
    }
}

static struct sdl *of(struct display *d)
{
    return (struct sdl *)d;
}

static bool sdl_poll(struct display *d, const struct display_input *input)
{
    struct sdl *s = of(d);
    s64 now = g_get_monotonic_time();
    SDL_Event e;
    if (now < s->next_us) return false;
    s->next_us = now + 1000000 / FRAMES_PER_SECOND;
    while (SDL_PollEvent(&e)) on_event(s, &e, input);
    return true;
}

/* The guest has changed its mode: so does the window. */
static void resize(struct sdl *s, unsigned width, unsigned height)
{
    if (s->texture) SDL_DestroyTexture(s->texture);
    s->texture = SDL_CreateTexture(s->renderer, SDL_PIXELFORMAT_RGB888, SDL_TEXTUREACCESS_STREAMING,
                                   (int)width, (int)height);
    s->width = width;
    s->height = height;
    SDL_RenderSetLogicalSize(s->renderer, (int)width, (int)height);
    SDL_SetWindowSize(s->window, (int)width, (int)height);
}

static void sdl_show(struct display *d, const struct picture *picture)
{
    struct sdl *s = of(d);
    if (picture->width != s->width || picture->height != s->height) {
        resize(s, picture->width, picture->height);
    }
    SDL_UpdateTexture(s->texture, NULL, picture->pixels, (int)(picture->width * sizeof(u32)));
    SDL_RenderClear(s->renderer);
    SDL_RenderCopy(s->renderer, s->texture, NULL, NULL);
    SDL_RenderPresent(s->renderer);
}

static void sdl_free(struct display *d)
{
    struct sdl *s = of(d);
    if (s->texture) SDL_DestroyTexture(s->texture);
    if (s->renderer) SDL_DestroyRenderer(s->renderer);
    if (s->window) SDL_DestroyWindow(s->window);
    SDL_QuitSubSystem(SDL_INIT_VIDEO);
    g_free(s);
}

static const struct display_ops sdl_ops = {
    .name = "sdl", .poll = sdl_poll, .show = sdl_show, .free = sdl_free,
};

/* Without a desktop SDL falls back to drivers that show nothing; that must be asked for. */
static bool is_invisible(void)
{
    const char *driver = SDL_GetCurrentVideoDriver();
    bool shows = driver && strcmp(driver, "dummy") && strcmp(driver, "offscreen");
    return !shows && !g_getenv("SDL_VIDEODRIVER");
}

static struct display *refuse(struct sdl *s, const char *why, GError **err)
{
    g_set_error(err, G_IO_ERROR, G_IO_ERROR_FAILED, "no window: %s", why);
    sdl_free(&s->display);
    return NULL;
}

struct display *display_sdl_new(GError **err)
{
    struct sdl *s = g_new0(struct sdl, 1);
    s->display = (struct display){ .ops = &sdl_ops, .person = true };
    SDL_SetMainReady();
    SDL_SetHint(SDL_HINT_NO_SIGNAL_HANDLERS, "1"); /* Ctrl-C on the terminal is not ours */
    SDL_SetHint(SDL_HINT_VIDEO_ALLOW_SCREENSAVER, "1");
    if (SDL_InitSubSystem(SDL_INIT_VIDEO)) return refuse(s, SDL_GetError(), err);
    if (is_invisible()) return refuse(s, "there is no desktop to open it on", err);
    s->window = SDL_CreateWindow(TITLE, SDL_WINDOWPOS_UNDEFINED, SDL_WINDOWPOS_UNDEFINED, 720, 400,
                                 SDL_WINDOW_RESIZABLE);
    if (!s->window) return refuse(s, SDL_GetError(), err);
    s->renderer = SDL_CreateRenderer(s->window, -1, SDL_RENDERER_SOFTWARE);
    return s->renderer ? &s->display : refuse(s, SDL_GetError(), err);
}
